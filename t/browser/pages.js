// The pages that checks.js looks at: a line for each state that a page can be in.
//
//	name    says which it is
//	path    what to ask for
//	who     is logged in; nobody, if it is not given
//	status  of the answer, if not 200
//	act     what is done there to get to that state, given a Person and whether
//	        scripts are on
//
// t/lib/Browser.pm has made the people and their messages.

'use strict';

const site = process.env.MINITWIT_URL;

// Fills in a form, the page's only one if it is not given, and sends it.
function send(fields, form = 'main form') {
	return async (person) => {
		for (const [name, value] of Object.entries(fields))
			await person.fill(`${form} [name=${name}]`, value);
		await person.press(`${form} [type=submit]`);
	};
}

const changePassword = (password, wanted) => send(
	{ password, new_password: wanted, new_password2: wanted },
	'form[action="/-/account/password"]');

// Somebody whom the site does not know yet.
let newcomers = 0;
const register = (person) => send({ username: `Newcomer ${++newcomers}`,
	email: 'a@b', password: 'pw', password2: 'pw' })(person);

// The same, until there is no such account any longer.
async function comeAndGo(person) {
	await register(person);
	await person.logIn(`Newcomer ${newcomers}`);
	await person.goTo('/-/account');
	await send({ password: 'pw' }, 'form.delete')(person);
}

// As if the session had ended while somebody wrote.
async function writeTooLate(person) {
	await person.logIn('Bob');
	await person.page.context().clearCookies();
	await send({ text: 'A message' })(person);
}

const press = (selector) => (person) => person.press(selector);

const write = (text) => (person) => person.fill('.twitbox [name=text]', text);

// By another browser.
async function logInElsewhere(person) {
	await fetch(`${site}/login`, { method: 'POST', redirect: 'manual',
		body: new URLSearchParams({ username: 'Bob', password: 'pw' }) });
	await person.goTo('/-/account');
}

// A script announces what is new.
async function waitForNews(person, hasScripts) {
	const Authorization = `Basic ${btoa('simulator:super_safe!')}`;

	await fetch(`${site}/msgs/Bob`, { method: 'POST',
		headers: { Authorization },
		body: JSON.stringify({ content: 'News' }) });
	if (hasScripts)
		await person.page.locator('.news button').waitFor();
}

const longest = encodeURIComponent('W'.repeat(64));

module.exports = [
	{ name: 'public timeline', path: '/public' },
	{ name: 'public timeline, logged in', path: '/public', who: 'Ann' },
	{ name: 'public timeline, last page', path: '/public?before=5' },
	{ name: 'public timeline, past its end', path: '/public?before=1' },
	{ name: 'my timeline', path: '/', who: 'Ann' },
	{ name: 'my timeline, nothing in it', path: '/', who: 'Newcomer' },
	{ name: 'my timeline, just logged in', path: '/login',
		act: (person) => person.logIn('Bob') },
	{ name: 'my timeline, just posted', path: '/', who: 'Ann',
		act: send({ text: 'A message' }) },
	{ name: 'my timeline, too late', path: '/login', status: 401,
		act: writeTooLate },
	{ name: 'public timeline, news', path: '/public', act: waitForNews },
	{ name: 'my timeline, nearly too long', path: '/', who: 'Ann',
		act: write('x'.repeat(990)) },
	{ name: 'my timeline, too long', path: '/', who: 'Ann',
		act: write('x'.repeat(1001)) },
	{ name: 'a message too long', path: '/', who: 'Ann', status: 400,
		act: send({ text: 'x'.repeat(1001) }) },
	{ name: 'profile', path: '/Bob' },
	{ name: 'profile, mine', path: '/Ann', who: 'Ann' },
	{ name: 'profile, nothing in it', path: '/Newcomer' },
	{ name: 'profile, just followed', path: '/Bob', who: 'Ann',
		act: press('.follow') },
	{ name: 'profile, just unfollowed', path: '/Bob', who: 'Ann',
		act: press('.unfollow') },
	{ name: 'profile, the longest name', path: `/${longest}`, who: 'Ann' },
	{ name: 'profile, mine, the longest name', path: `/${longest}`,
		who: 'W'.repeat(64) },
	{ name: 'message', path: '/Bob/status/2' },
	{ name: 'message, mine', path: '/Bob/status/2', who: 'Bob' },
	{ name: 'message, the longest name', path: `/${longest}/status/1` },
	{ name: 'no such message', path: '/Bob/status/1', status: 404 },
	{ name: 'search', path: '/-/search' },
	{ name: 'search, found', path: '/-/search?q=a', who: 'Ann' },
	{ name: 'search, older ones', path: '/-/search?q=message&before=5' },
	{ name: 'search, nothing found', path: '/-/search?q=xyzzy' },
	{ name: 'search, a similar name', path: '/-/search?q=newcomr' },
	{ name: 'search, all people', path: '/-/search?q=n&in=people' },
	{ name: 'search, too long', path: `/-/search?q=${'x'.repeat(201)}`,
		status: 400 },
	{ name: 'followers', path: '/Bob/followers', who: 'Ann' },
	{ name: 'following', path: '/Ann/following', who: 'Ann' },
	{ name: 'followers, nobody', path: '/Newcomer/followers' },
	{ name: 'followers, the longest name', path: `/${longest}/followers` },
	{ name: 'account', path: '/-/account', who: 'Ann' },
	{ name: 'account, the longest name', path: '/-/account',
		who: 'W'.repeat(64) },
	{ name: 'account, logged in elsewhere, too', path: '/-/account',
		who: 'Bob', act: logInElsewhere },
	{ name: 'account, wrong password', path: '/-/account', who: 'Ann',
		act: changePassword('wrong', 'pw') },
	{ name: 'account, password changed', path: '/-/account',
		who: 'Newcomer', act: changePassword('pw', 'pw') },
	{ name: 'account, just deleted', path: '/register', act: comeAndGo },
	{ name: 'account, not logged in', path: '/-/account', status: 401 },
	{ name: 'register', path: '/register' },
	{ name: 'register, just done', path: '/register', act: register },
	{ name: 'register, wrong', path: '/register',
		act: send({ username: 'Somebody', email: 'a@b', password: 'a',
			password2: 'b' }) },
	{ name: 'login', path: '/login' },
	{ name: 'login, wrong', path: '/login',
		act: send({ username: 'Ann', password: 'wrong' }) },
	{ name: 'just logged out', path: '/', who: 'Bob',
		act: press('a[href="/logout"]') },
	{ name: 'no such page', path: '/a/b/c', status: 404 },
	{ name: 'no such user', path: '/Nobody', status: 404, who: 'Ann' },
	{ name: 'not logged in', path: '/Bob/follow', status: 401 },
	{ name: 'a bad address', path: '/%ff', status: 400 },
	{ name: "Apache's own error", path: `/${'x'.repeat(9000)}`, status: 414 },
	// the files that it sends
	...[403, 405, 413, 500, 503].map(
		(status) => ({ name: `Apache's ${status}`,
			path: `/-/error/${status}.html` })),
	{ name: "the API's description", path: '/-/api' },
];
