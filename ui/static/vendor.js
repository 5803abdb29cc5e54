// The widgets of vendors. Each script is loaded when the server has asked, and once.

const patience = 30000; // for a script

// Each vendor: the script, what it is called in the page, and how it gets a token.
const vendors = {
  turnstile: {
    script: () => 'https://challenges.cloudflare.com/turnstile/v0/api.js?render=explicit&onload=phoneauthReady',
    api: 'turnstile',
    token: (task, api) => widget(task, api, {
      sitekey: task.question.site_key,
      action: task.question.action,
      cData: task.question.cdata,
      language: task.lang,
      theme: 'auto',
      size: 'flexible',
      appearance: 'interaction-only',
      'before-interactive-callback': () => task.box.show('check_vendor'),
    }),
  },
  hcaptcha: {
    script: (_, lang) => `https://js.hcaptcha.com/1/api.js?render=explicit&onload=phoneauthReady&hl=${lang}`,
    api: 'hcaptcha',
    token: boxed,
  },
  recaptcha: {
    script: ({ version, site_key: key }, lang) => `https://www.google.com/recaptcha/api.js?render=${version === 3 ? encodeURIComponent(key) : 'explicit'}&hl=${lang}`,
    api: 'grecaptcha',
    token: (task, api) => (task.question.version === 3
      ? api.execute(task.question.site_key, { action: task.question.action })
      : boxed(task, api)),
  },
};

// token is what the vendor gives for a question.
export async function token(task) {
  const vendor = vendors[task.question.kind];
  await load(vendor.api, vendor.script(task.question, task.lang));
  return vendor.token(task, window[vendor.api]);
}

// boxed shows a box to tick.
function boxed(task, api) {
  task.box.show('check_vendor');
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  return widget(task, api, { sitekey: task.question.site_key, theme: dark ? 'dark' : 'light' });
}

function widget({ box }, api, parameters) {
  const place = box.place();
  const size = parameters.size ?? (place.clientWidth < 303 ? 'compact' : 'normal'); // the width of both
  return new Promise((callback, failed) => {
    const id = api.render(place, { ...parameters, size, callback, 'error-callback': failed });
    box.onClose(() => api.remove?.(id));
  });
}

const loading = new Map(); // by address

function load(api, address) {
  if (!loading.has(address)) {
    const script = document.createElement('script');
    const loaded = new Promise((resolve, reject) => {
      setTimeout(reject, patience);
      script.onerror = reject;
      window.phoneauthReady = resolve;
      // The script of reCAPTCHA loads another.
      script.onload = () => api === 'grecaptcha' && window.grecaptcha.ready(resolve);
    });
    loaded.catch(() => {
      loading.delete(address); // so that one can try again
      script.remove();
    });
    loading.set(address, loaded);
    script.src = address;
    document.head.append(script);
  }
  return loading.get(address);
}
