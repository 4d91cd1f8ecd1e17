// grammar.js FILE...: run where the extension is built. Every word and sign of gocc that stands outside of comments and strings has a
// scope of its grammar's, none within them has, and nothing is invalid.
const fs = require('fs');
const path = require('path');
const modules = path.join(process.cwd(), 'node_modules');
const { Registry, parseRawGrammar, INITIAL } = require(path.join(modules, 'vscode-textmate'));
const oniguruma = require(path.join(modules, 'vscode-oniguruma'));
const grammars = {
    'source.gocc': 'syntaxes/gocc.tmLanguage.json',
    'source.c': path.join(modules, 'tm-grammars/grammars/c.json'),
};
// Not `close` and its like, which are names of C's, too.
const certain = /^(<-|defer|select|make|recover|panic)$/;

async function main() {
    const wasm = fs.readFileSync(path.join(modules, 'vscode-oniguruma/release/onig.wasm'));
    await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));
    const registry = new Registry({
        onigLib: Promise.resolve({
            createOnigScanner: (sources) => new oniguruma.OnigScanner(sources),
            createOnigString: (text) => new oniguruma.OnigString(text),
        }),
        loadGrammar: async (name) => grammars[name]
            ? parseRawGrammar(fs.readFileSync(grammars[name], 'utf8'), grammars[name]) : null,
    });
    const grammar = await registry.loadGrammar('source.gocc');
    let seen = 0, wrong = 0;
    for (const file of process.argv.slice(2)) {
        let state = INITIAL, number = 0;
        for (const line of fs.readFileSync(file, 'utf8').split('\n')) {
            const result = grammar.tokenizeLine(line, state);
            state = result.ruleStack;
            number++;
            for (const token of result.tokens) {
                const text = line.slice(token.startIndex, token.endIndex);
                const scopes = token.scopes.slice(1).join(' ');
                const ours = /\.gocc\b/.test(scopes), quoted = /comment|string/.test(scopes);
                seen += ours;
                if ((/invalid/.test(scopes) && !quoted) || (ours && quoted) || (!ours && !quoted && certain.test(text.trim()))) {
                    wrong++;
                    console.log(`${file}:${number}: '${text}': ${scopes}`);
                }
            }
        }
    }
    console.log(`${process.argv.length - 2} files, ${seen} of gocc's words and signs, ${wrong} wrong`);
}
main();
