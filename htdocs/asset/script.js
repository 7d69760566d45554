/* What a reader with JavaScript has beside the pages, which need none:
 *
 *   - times that stay right;
 *   - in the box for a message, the characters that are left, Ctrl+Enter, no
 *     second message by a second click, and what was typed but not stored;
 *   - above a timeline that begins with the newest message, a button when there
 *     are newer ones, which puts them there.
 *
 * It is one plain file, and no page has a handler or a style in its markup, so
 * that the Content-Security-Policy can forbid both. */

"use strict";

function plural(count, word) {
	return `${count} ${word}${count === 1 ? "" : "s"}`;
}

/* --- times --- */

const TICK = 10; /* seconds */
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/* Intl's first date takes a phone 80 ms. */
const MONTHS = ["January", "February", "March", "April", "May", "June", "July",
	"August", "September", "October", "November", "December"];

function dateOf(then) {
	const month = MONTHS[then.getUTCMonth()];

	return `${then.getUTCDate()} ${month} ${then.getUTCFullYear()}`;
}

/* How long before now something was, in the server's words.  Both are Dates; a
 * clock that is slow makes it "just now". */
function ago(then, now) {
	const seconds = Math.floor((now - then) / 1000);

	if (seconds < MINUTE)
		return "just now";
	if (seconds < HOUR)
		return `${plural(Math.floor(seconds / MINUTE), "minute")} ago`;
	if (seconds < DAY)
		return `${plural(Math.floor(seconds / HOUR), "hour")} ago`;
	return dateOf(then);
}

function refreshTimes() {
	const now = new Date();

	for (const time of document.querySelectorAll("time[datetime]"))
		time.textContent = ago(new Date(time.dateTime), now);
}

/* --- the box for a message --- */

const LONGEST = 1000; /* characters of a message; the server counts, too */
const NEARLY = 50; /* left, when somebody who does not see them is told */
const PAUSE = 1000; /* milliseconds without a key, before they are */
const SENDING = 5000; /* milliseconds in which a form is not sent again */

/* An element that is not there without the script. */
function element(name, className, properties = {}) {
	return Object.assign(document.createElement(name), { className }, properties);
}

/* In code points, as the server counts: a smiley is one. */
function charactersLeft(text) {
	return LONGEST - Array.from(text).length;
}

function describeLeft(left) {
	return left < 0
		? `${plural(-left, "character")} too many`
		: `${plural(left, "character")} left`;
}

function countCharacters(box) {
	const counter = element("p", "counter", { id: "counter" });
	const spoken = element("p", "spoken");
	let pause;

	const count = () => {
		const left = charactersLeft(box.value);

		counter.textContent = describeLeft(left);
		counter.classList.toggle("over", left < 0);
		clearTimeout(pause);
		pause = setTimeout(() => {
			spoken.textContent = left <= NEARLY ? describeLeft(left) : "";
		}, PAUSE);
	};

	spoken.setAttribute("role", "status");
	box.setAttribute("aria-describedby", counter.id);
	box.after(spoken);
	box.form.querySelector(".actions").prepend(counter);
	box.addEventListener("input", count);
	/* the reader has come back, and the browser filled in what was there */
	window.addEventListener("pageshow", count);
	count();
}

function isFlashed(text) {
	return document.querySelector(".flashes")?.textContent === text;
}

/* What its writer has typed stays with this tab until the site says that it has
 * it: the answer may come from a server too busy to give anything back. */
function keepDraft(box) {
	const writer = `draft: ${box.labels[0].textContent}`;

	if (isFlashed("Your message was recorded"))
		sessionStorage.removeItem(writer);
	else if (box.value === "")
		box.value = sessionStorage.getItem(writer) ?? "";
	box.addEventListener("input", () => {
		sessionStorage.setItem(writer, box.value);
	});
}

function sendByKey(box) {
	box.addEventListener("keydown", (event) => {
		if (event.key === "Enter" && (event.ctrlKey || event.metaKey))
			box.form.requestSubmit();
	});
}

/* For a while only: nobody says when the reader has stopped the sending.  (What
 * comes twice all the same is one message to the server.) */
function sendOnce(form) {
	let sentAt = -SENDING;

	form.addEventListener("submit", (event) => {
		if (event.timeStamp - sentAt < SENDING)
			event.preventDefault();
		else
			sentAt = event.timeStamp;
	});
	/* the reader has gone back to this page */
	window.addEventListener("pageshow", () => {
		sentAt = -SENDING;
	});
}

/* --- new messages --- */

/* Milliseconds from one question to the next: at first, the longest as nothing
 * comes, and by what it grows meanwhile. */
const SOON = 3000;
const LATE = 10000;
const GROWTH = 1.2;
const PATIENCE = 10000; /* milliseconds for an answer */
const MOST = 30; /* are counted; /-/news says one more for all above */

/* There is no answer, or one (response) that is not what was asked for. */
class Refusal extends Error {
	constructor(address, response) {
		super(`${address}: ${response ? response.status : "no answer"}`);
		this.isForGood = response !== undefined && response.status < 500
			&& response.status !== 429;
		this.retryAfter = /* milliseconds */
			1000 * Number(response?.headers.get("Retry-After")) || 0;
	}
}

/* What is at an address; throws a Refusal. */
async function get(address) {
	const options = { signal: AbortSignal.timeout(PATIENCE) };
	let response, text;

	try {
		response = await fetch(address, options);
		text = await response.text();
	} catch {
		throw new Refusal(address);
	}
	if (!response.ok)
		throw new Refusal(address, response);
	return text;
}

function isTemporary(error) {
	return error instanceof Refusal && !error.isForGood;
}

function idOf(item) {
	return Number(item.dataset.id);
}

function itemsOf(list) {
	return [...list.querySelectorAll("li[data-id]")];
}

/* Puts what a list lacks of a newer copy of it into its place; gives what that
 * was, newest first.  Null where messages may be missing between the two: nothing
 * is done then. */
function merge(list, copy) {
	const old = itemsOf(list);
	const known = new Set(old.map(idOf));
	const fresh = itemsOf(copy);

	if (!fresh.some((item) => known.has(idOf(item))))
		return null;
	const oldest = idOf(old.at(-1));
	const added = fresh.filter(
		(item) => !known.has(idOf(item)) && idOf(item) > oldest);
	for (const item of added)
		old.find((other) => idOf(other) < idOf(item)).before(item);
	return added;
}

/* A timeline whose first page the reader has before them.  Which one it is, and
 * where it begins, is in its list's data-news and data-newest. */
class Timeline {
	constructor(list) {
		this.list = list;
		this.notBefore = 0;
		this.notice = element("div", "news");
		this.notice.setAttribute("role", "status");
		list.before(this.notice);
		document.addEventListener("visibilitychange", () => this.wake());
		window.addEventListener("online", () => this.wake());
		this.reset();
	}

	/* The list has all that there is. */
	reset() {
		this.newest = Number(this.list.dataset.newest); /* of everybody's */
		this.count = 0;
		this.notice.replaceChildren();
		this.delay = SOON;
		this.askIn(SOON);
	}

	wake() {
		this.delay = SOON;
		this.askIn(0);
	}

	/* Unless the server wants more time.  Nobody looks at a page that is hidden.
	 * Chance keeps pages apart that began together. */
	askIn(delay) {
		const wait = Math.max(delay, this.notBefore - Date.now());

		clearTimeout(this.timer);
		if (!document.hidden)
			this.timer = setTimeout(
				() => this.ask(), wait * (1 + Math.random() / 5));
	}

	async ask() {
		this.delay = Math.min(this.delay * GROWTH, LATE);
		try {
			await this.askWhetherNew();
		} catch (error) {
			if (error.isForGood)
				return;
			this.delay = Math.min(this.delay * 2, LATE);
			this.notBefore = Date.now() + (error.retryAfter ?? 0);
		}
		if (this.count <= MOST) /* beyond, no answer says anything new */
			this.askIn(this.delay);
	}

	/* The first question is the same for everybody and costs the server next to
	 * nothing; the second is asked only when there is something. */
	async askWhetherNew() {
		const { newest } = JSON.parse(await get("/-/newest"));

		if (newest === this.newest)
			return;
		const known = this.list.dataset;
		const from = known.newest;
		const { count } = JSON.parse(await get(known.news + from));

		if (known.newest !== from) /* shown while we asked */
			return;
		this.newest = newest;
		if (count > this.count)
			this.delay = SOON;
		if (count !== this.count)
			this.announce(count);
	}

	/* One that is there stays: a keyboard may be on it. */
	announce(count) {
		const number = count > MOST ? `${MOST}+` : count;
		const button = this.notice.firstChild ?? this.addButton();

		this.count = count;
		button.textContent = `${number} new message${count === 1 ? "" : "s"}`;
		if (count === 0)
			button.remove();
	}

	addButton() {
		const button = element("button", "", { type: "button" });

		button.addEventListener("click", () => this.show(button));
		this.notice.append(button);
		return button;
	}

	async show(button) {
		try {
			const page = new DOMParser().parseFromString(
				await get(location.origin + location.pathname), "text/html");

			this.update(page.querySelector(".messages[data-newest]"));
		} catch (error) {
			if (isTemporary(error))
				button.textContent =
					"MiniTwit can't be reached. Try again";
			else
				location.reload();
		}
	}

	update(copy) {
		if (copy.dataset.news !== this.list.dataset.news)
			throw new Error("another timeline: the session is over");
		const added = merge(this.list, copy) ?? this.replace(copy);

		this.list.dataset.newest = copy.dataset.newest;
		this.reset();
		refreshTimes();
		if (added.length > 0) {
			added[0].tabIndex = -1;
			added[0].focus();
		}
	}

	/* The list becomes its newer copy, with the link to what is older. */
	replace(copy) {
		const pages = copy.parentElement.querySelector(".pages");

		document.querySelector(".pages")?.remove();
		if (pages)
			this.list.after(pages);
		this.list.replaceChildren(...copy.children);
		return itemsOf(this.list);
	}
}

/* --- the page --- */

function begin() {
	const box = document.querySelector(".twitbox textarea");
	const list = document.querySelector(".messages[data-newest]");

	refreshTimes();
	setInterval(refreshTimes, 1000 * TICK);
	document.addEventListener("visibilitychange", refreshTimes);
	if (isFlashed("You were logged out"))
		sessionStorage.clear();
	if (box) {
		keepDraft(box);
		countCharacters(box);
		sendByKey(box);
		sendOnce(box.form);
	}
	if (list)
		new Timeline(list);
}

begin();
