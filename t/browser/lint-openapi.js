// lint-openapi.js FILE -- says what is wrong with an OpenAPI document: its
// structure, references, examples against their schemas, and what Redocly
// recommends.  Silent when there is nothing to say.

'use strict';

const { createConfig, lint } = require('@redocly/openapi-core');

async function main() {
	const config = await createConfig({
		extends: ['recommended-strict'],
		rules: {
			'no-invalid-media-type-examples': 'error',
			'no-invalid-parameter-examples': 'error',
			'no-invalid-schema-examples': 'error',
		},
	});
	const problems = await lint({ ref: process.argv[2], config });

	for (const { ruleId, message, location: [{ pointer, source }] } of problems)
		console.log(`${source.absoluteRef}: ${pointer}: ${message} (${ruleId})`);
	process.exitCode = problems.length ? 1 : 0;
}

main();
