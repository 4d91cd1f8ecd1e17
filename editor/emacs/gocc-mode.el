;;; gocc-mode.el --- C with goroutines  -*- lexical-binding: t -*-
;; Version: 0.1
;; Package-Requires: ((emacs "27.1"))

;;; Commentary:
;; A mode for .gc files: C's, with the words of gocc; and gocc-clangd for eglot, which is a part of Emacs from
;; version 29 on and a package before.  `M-x eglot' starts it, or (add-hook 'gocc-mode-hook #'eglot-ensure).

;;; Code:

(require 'cc-mode)

(defconst gocc-mode-words
  '(("\\_<\\(go\\|defer\\)\\_>[ \t\n]*[A-Za-z_({*]" 1 font-lock-keyword-face)
    ("\\_<\\(select\\)\\_>[ \t\n]*{" 1 font-lock-keyword-face)
    ("\\_<\\(chan\\)\\_>[ \t]*\\(<-[ \t]*\\)?(" 1 font-lock-type-face t)
    ("\\_<\\(any\\)\\_>[ \t]+\\**[A-Za-z_]" 1 font-lock-type-face t)
    ("\\_<\\(make\\|new\\|close\\|len\\|cap\\|panicf?\\|recover\\|any_is\\|any_as\\|any_string\\)\\_>[ \t]*("
     1 font-lock-builtin-face t)
    ("\\_<_Result\\_>" 0 font-lock-variable-name-face t))
  "What `gocc-mode' highlights beyond C.")

;;;###autoload
(define-derived-mode gocc-mode c-mode "gocc"
  "C with goroutines, channels, select, defer and panics."
  (font-lock-add-keywords nil gocc-mode-words))

;;;###autoload
(add-to-list 'auto-mode-alist '("\\.gc\\'" . gocc-mode))

(defvar eglot-server-programs)
(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs '(gocc-mode . ("gocc-clangd"))))

(provide 'gocc-mode)
;;; gocc-mode.el ends here
