// Test results in TAP, for prove.

'use strict';

let count = 0;
let failures = 0;

// One result; where it is bad, what is wrong goes with it, in lines.
function ok(good, name, ...details) {
	count++;
	if (!good)
		failures++;
	console.log(`${good ? 'ok' : 'not ok'} ${count} - ${name.replace(/#/g, '\\#')}`);
	if (!good)
		for (const line of details.join('\n').split('\n'))
			console.log(`# ${line}`);
}

function is(value, expected, name) {
	ok(Object.is(value, expected), name,
		`is:       ${JSON.stringify(value)}`,
		`expected: ${JSON.stringify(expected)}`);
}

// There is nothing in the list.
function none(list, name) {
	ok(list.length === 0, name, ...list);
}

// Runs all of a test, and ends it, also where it breaks off.
async function run(test) {
	try {
		await test();
	} catch (error) {
		ok(false, 'it runs to its end', error.stack);
	}
	console.log(`1..${count}`);
	process.exit(failures ? 1 : 0); // a browser that is still there or not
}

module.exports = { ok, is, none, run };
