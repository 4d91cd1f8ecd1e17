# What is installed beside the compiler and the runtime, which their own directories install: manual pages, documents, what CMake and
# pkg-config need, and what editors find by themselves. Directories are GNUInstallDirs'; every file looks for others from where
# it stands itself, so that the installed tree may be moved.
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/gocc)
set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH GOCC_PREFIX_OF_PKGCONFIG ${CMAKE_INSTALL_PREFIX}/${pkgconfig_dir} ${CMAKE_INSTALL_PREFIX})
file(RELATIVE_PATH GOCC_PREFIX_OF_PACKAGE ${CMAKE_INSTALL_PREFIX}/${package_dir} ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" GOCC_PREFIX_OF_PKGCONFIG "${GOCC_PREFIX_OF_PKGCONFIG}")
string(REGEX REPLACE "/$" "" GOCC_PREFIX_OF_PACKAGE "${GOCC_PREFIX_OF_PACKAGE}")

include(CMakePackageConfigHelpers)
set(out ${PROJECT_BINARY_DIR}/cmake)
configure_file(cmake/gocc.pc.in ${out}/gocc.pc @ONLY)
configure_file(cmake/gocc-config.cmake.in ${out}/gocc-config.cmake @ONLY)
write_basic_package_version_file(${out}/gocc-config-version.cmake COMPATIBILITY SameMinorVersion)

install(FILES ${out}/gocc.pc DESTINATION ${pkgconfig_dir})
install(FILES ${out}/gocc-config.cmake ${out}/gocc-config-version.cmake DESTINATION ${package_dir})
file(GLOB pages CONFIGURE_DEPENDS docs/*.1)
install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
file(GLOB documents CONFIGURE_DEPENDS docs/*.md)
install(FILES ${documents} DESTINATION ${CMAKE_INSTALL_DOCDIR})

# Vim, Neovim and Emacs of a distribution look into these directories of their own accord; the rest is for people to take from.
install(DIRECTORY editor/vim/ DESTINATION ${CMAKE_INSTALL_DATADIR}/vim/vimfiles)
install(DIRECTORY editor/vim/ editor/nvim/ DESTINATION ${CMAKE_INSTALL_DATADIR}/nvim/site)
install(DIRECTORY editor/emacs/ DESTINATION ${CMAKE_INSTALL_DATADIR}/emacs/site-lisp)
install(DIRECTORY editor/ DESTINATION ${CMAKE_INSTALL_DATADIR}/gocc/editor
        PATTERN vscode/test EXCLUDE PATTERN node_modules EXCLUDE)
install(PROGRAMS translator/gocc-bear TYPE BIN)
