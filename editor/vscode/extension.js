// extension.js - starts gocc-clangd for .gc files, and again when its settings change.
const vscode = require('vscode');
const { LanguageClient } = require('vscode-languageclient/node');

let client;

function makeClient() {
    const settings = vscode.workspace.getConfiguration('gocc');
    const languages = settings.get('plainC') ? ['gocc', 'c'] : ['gocc'];
    const server = { command: settings.get('clangd.path'), args: settings.get('clangd.arguments') };
    return new LanguageClient('gocc', 'gocc', server, {
        documentSelector: languages.map((language) => ({ scheme: 'file', language })),
        initializationOptions: { gocc: { escapeHints: settings.get('escapeHints') } },
    });
}

async function restart() {
    const old = client;
    client = undefined;
    if (old)
        await old.stop().catch(() => { });      // it may not have started
    client = makeClient();
    try {
        await client.start();
    } catch (error) {
        vscode.window.showErrorMessage(`gocc: the language server does not start: ${error.message}. `
            + 'The setting gocc.clangd.path names it.');
    }
}

exports.activate = async (context) => {
    context.subscriptions.push(
        vscode.commands.registerCommand('gocc.restart', restart),
        vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration('gocc') && restart()));
    await restart();
};

exports.deactivate = () => client && client.stop();
