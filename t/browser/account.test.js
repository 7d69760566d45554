// What people do with what is theirs, and how they find what is others'.

'use strict';

const { launch, Person } = require('./browser');
const { ok, is, none, run } = require('./tap');

const formTo = (path) => `form[action="/-/account/${path}"]`;

async function search(person) {
	await person.press('nav a[href="/-/search"]');
	await person.fill('[name=q]', 'quoted');
	await person.press('main [type=submit]');
	is((await person.texts('ul.messages li .text')).join(),
		'<b>"Bold"</b> & \'quoted\'', 'a message is found by a word');
	await person.fill('[name=q]', 'newcom');
	await person.press('main [type=submit]');
	await person.press('ul.people a[href="/Newcomer"]');
	is(await person.text('h1'), "Newcomer's Timeline",
		'somebody is found by a part of the name');
}

async function people(person) {
	await person.goTo('/Bob');
	if (await person.page.locator('.follow').count())
		await person.press('.follow');
	await person.press('.counts a[href="/Bob/followers"]');
	ok((await person.texts('ul.people li a')).includes('Nell'),
		'a follower is on the list');
}

// Enters the password and what else a form has, and sends it.
async function confirm(person, path, fields = {}) {
	for (const [name, value] of Object.entries(fields))
		await person.fill(`${formTo(path)} [name=${name}]`, value);
	await person.press(`${formTo(path)} [type=submit]`);
}

run(async () => {
	const browser = await launch();
	const person = await Person.sitDown(browser, {});
	const elsewhere = await Person.sitDown(browser, {});
	await person.logIn('Nell');
	await elsewhere.logIn('Nell');

	await search(person);
	await people(person);

	await person.press('nav a[href="/-/account"]');
	await confirm(person, 'password',
		{ password: 'wrong', new_password: 'new', new_password2: 'new' });
	is(await person.text('div.error'), 'Invalid password',
		'nothing is changed without the password');
	await confirm(person, 'password',
		{ password: 'pw', new_password: 'new', new_password2: 'new' });
	is(await person.text('ul.flashes li'), 'Your password was changed',
		'a new password');
	await elsewhere.goTo('/-/account');
	is(elsewhere.answer.status(), 401, '... ends the session elsewhere');

	await person.goTo('/-/account');
	await person.fill(`${formTo('data')} [name=password]`, 'new');
	const [download] = await Promise.all([
		person.page.waitForEvent('download'),
		person.page.click(`${formTo('data')} [type=submit]`)]);
	ok(/^minitwit-.*\.json$/.test(download.suggestedFilename()),
		'the data are a file', download.suggestedFilename());

	await person.goTo('/-/account');
	await confirm(person, 'delete', { password: 'new' });
	is(await person.text('ul.flashes li'), 'Your account was deleted',
		'the account goes');
	none(person.misdeeds, 'nothing went wrong meanwhile');
	await person.goTo('/Nell');
	is(person.answer.status(), 404, '... with its page');
	await browser.close();
});
