/** Talking with the server. A reply that is no success becomes a `Refusal`; no reply, a `Failure` to be tried again. */

const AGAIN = new Set([401, 408, 425, 429, 500, 502, 503, 504]);

/** The server understood and said no. `status`, `problem` and `cure` are its words. */
export class Refusal extends Error {
  constructor(status, body) {
    super(body.problem || `The server answered ${status}.`);
    this.status = status;
    this.cure = body.cure ?? null;
  }
}

/** No answer, or one that says: later. */
export class Failure extends Error {}

async function bodyOf(response) {
  try {
    return await response.json();
  } catch {
    return {};
  }
}

/** For whom the page was made, so that nothing of theirs is stored under the name of whoever logged in since. */
const user = document.querySelector("meta[name=ctg-user]")?.content;
const madeFor = user ? { "Ctg-User": encodeURIComponent(user) } : {};

async function call(address, options) {
  let response;
  try {
    response = await fetch(address, { credentials: "same-origin", ...options, headers: { ...madeFor, ...options.headers } });
  } catch (error) {
    throw new Failure("The server does not answer.", { cause: error });
  }
  const body = await bodyOf(response);
  if (response.ok) return body;
  if (AGAIN.has(response.status)) throw new Failure(body.problem || "The server is busy.");
  throw new Refusal(response.status, body);
}

/** Fetch JSON. */
export const get = (address) => call(address, {});

/** Post JSON; gives up after 20 seconds, as no answer. */
export function post(address, body) {
  const headers = { "Content-Type": "application/json" };
  return call(address, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(20000),
  });
}
