// extension.js DIRECTORY: loads the extension with a stand-in for VS Code, and prints what it does when it is activated, when a setting
// changes, and when the server does not start.
const Module = require('module');
const path = require('path');
const settings = { plainC: false, escapeHints: true, 'clangd.path': 'gocc-clangd', 'clangd.arguments': ['--log=error'] };
let onChange, commands = {}, fail = false;

const vscode = {
    workspace: {
        getConfiguration: () => ({ get: (name) => settings[name] }),
        onDidChangeConfiguration: (listener) => { onChange = listener; return {}; },
    },
    commands: { registerCommand: (name, run) => { commands[name] = run; return {}; } },
    window: { showErrorMessage: (text) => console.log(`shown: ${text}`) },
};
class LanguageClient {
    constructor(id, name, server, options) {
        console.log(`made: ${server.command} ${server.args}, hints ${options.initializationOptions.gocc.escapeHints}, for ${options.documentSelector.map((s) => s.language)}`);
    }
    async start() { if (fail) throw new Error('no such file'); console.log('started'); }
    async stop() { console.log('stopped'); }
}
const load = Module._load;
Module._load = (name, ...rest) => name === 'vscode' ? vscode
    : name === 'vscode-languageclient/node' ? { LanguageClient } : load(name, ...rest);

(async () => {
    const extension = require(path.resolve(process.argv[2], 'extension.js'));
    await extension.activate({ subscriptions: [] });
    settings.plainC = true;
    await onChange({ affectsConfiguration: (name) => name === 'gocc' });
    fail = true;
    await commands['gocc.restart']();
    await extension.deactivate();
})();
