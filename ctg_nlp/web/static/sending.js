/** Sending JSON to the server; what went wrong comes back as a sentence. */

/** POST `body`. Resolves to {ok, status, answer}; a server that cannot be reached is told in words too. */
export async function send(address, body) {
  try {
    const response = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const answer = await response.json().catch(() => ({}));
    return { ok: response.ok, status: response.status, answer };
  } catch {
    return { ok: false, status: 0, answer: { problem: "The server cannot be reached. Nothing was stored; try again." } };
  }
}
