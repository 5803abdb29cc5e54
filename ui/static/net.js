// Requests to the page's own routes, and what became of them.

const slowAfter = 5000; // milliseconds
const patience = 30000;

// send sends one request. It returns {outcome, abort}: outcome is a promise of {is, status, wait,
// response}, which never fails. is is
//
//   'answered'     somebody answered with a status: our server, or something on the way
//   'offline'      the browser knows that it has no line
//   'unreachable'  no answer came
//   'timeout'      no answer came in time: nobody knows whether the request arrived
//   'aborted'      abort was called
//
// wait is the Retry-After of the answer in seconds, or 0. XMLHttpRequest has a time limit in every
// browser, and it reads documents without a text that becomes HTML.
export function send({ address, method = 'POST', headers = {}, body = null, type = 'document', slow = () => {} }) {
  const request = new XMLHttpRequest();
  const outcome = new Promise((done) => {
    const timer = setTimeout(slow, slowAfter);
    const end = (is) => () => {
      clearTimeout(timer);
      const answered = is === 'answered';
      done({
        is: is === 'unreachable' && navigator.onLine === false ? 'offline' : is,
        status: request.status,
        wait: answered ? seconds(request.getResponseHeader('Retry-After')) : 0,
        response: answered ? request.response : null,
      });
    };
    request.onload = end('answered');
    request.onerror = end('unreachable');
    request.ontimeout = end('timeout');
    request.onabort = end('aborted');
    request.open(method, address);
    request.responseType = type;
    request.timeout = patience;
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.send(body);
  });
  return { outcome, abort: () => request.abort() };
}

// seconds of a Retry-After, at most an hour. Something on the way may send a date or nonsense.
function seconds(header) {
  return Math.min(Math.max(Math.ceil(Number(header)) || 0, 0), 3600);
}

// faultOf names what is wrong with an outcome that is no answer of our server.
export function faultOf({ is, status }) {
  if (is !== 'answered') return is;
  if (status === 429) return 'rate_limited';
  return status >= 500 && status !== 511 ? 'unavailable' : 'portal'; // 511: RFC 6585, 6
}
