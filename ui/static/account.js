// Answers the human check of the account page, and sends its form again with the answer.

import { Box } from './box.js';
import { Check } from './human.js';
import { alert, busy, byId, config, note, quiet, say } from './screen.js';

const form = byId('form');
const check = new Check(JSON.parse(form.dataset.check), new Box(() => check.cancel()), config.lang);

quiet();
busy(true);
check.prove().then((proof) => {
  busy(false);
  if (proof.ok) {
    byId('human_check').value = proof.text;
    form.action = form.dataset.again;
    HTMLFormElement.prototype.submit.call(form); // the button has the id "submit"
  } else if (proof.code === 'cancelled') note(say('cancelled'));
  else alert(proof.code);
});
