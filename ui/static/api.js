// The page's own routes. An answer is always an object: {ok: true, …} or {ok: false, code, …},
// where code is the name of a sentence.

const timeout = 30_000;

export async function call(route, body, lang) {
  let response;
  try {
    response = await fetch(route, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Accept-Language': lang },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeout),
    });
  } catch (error) {
    return { ok: false, code: error.name === 'TimeoutError' ? 'unavailable' : 'offline' };
  }
  let answer;
  try {
    answer = await response.json();
  } catch {
    answer = {}; // of a proxy in between
  }
  if (response.ok) return { ...answer, ok: true };
  const wait = Number(response.headers.get('Retry-After')) || 30;
  const code = response.status === 429 ? 'rate_limited' : 'unavailable';
  return { code, retry_after: wait, ...answer, ok: false };
}
