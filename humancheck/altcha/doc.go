// Package altcha is the embedded check of package humancheck. The client proves that its
// processor has worked for some time. No vendor is asked, nobody is tracked, and most people
// notice nothing. A phoneauth.Config without a check uses this one, with keys that are derived
// from its own. A check with keys of its own is made like this:
//
//	check, err := altcha.New(key) // 32 random bytes or more
//	config.HumanCheck.Check = check
//
// # Protocol
//
// The check speaks ALTCHA version 2 (https://altcha.org), with the algorithm PBKDF2/SHA-256, in
// its deterministic mode. The widget of npm altcha 3 and the mobile libraries of version 2 can
// answer it. Version 1 cannot.
//
// [Check.Ask] chooses a counter, and derives a key from it with [Cost] iterations of PBKDF2. The
// challenge shows the first half of the key. The client tries the counters from 0 on until a key
// begins with that half. The answer is the base64 of this JSON:
//
//	{"challenge": {"parameters": {…}, "signature": "…"}, "solution": {"counter": 123, "derivedKey": "…"}}
//
// Two HMACs protect the challenge. The parameter keySignature is one over the whole key. The
// signature is one over all parameters. So [Check.Verify] computes two HMACs and derives no key.
// A flood of wrong answers costs the server a few microseconds each.
//
// The parameter data holds the binding and the level of the question. It has no phone number.
// The sub-keys are the hex digits of HMAC-SHA-256(key, label). The labels are "phoneauth altcha
// signature" and "phoneauth altcha keySignature".
//
// Verify does not compare the counter with anything, because only the key proves the work.
// It does not remember answers either. The Service accepts each Proof.ID once.
//
// # Work
//
// The counter is uniform between 1 and 2·[Work](level). So the mean is Work(level) keys, and
// the maximum is twice that. It does not help to give up an unlucky challenge and to ask for
// another one: the longer a client has tried, the sooner it will succeed.
//
//	level                        1      2      3      4      5      6
//	keys on average            150    300    600  1,200  2,400  4,800
//	a cheap phone            0.3 s  0.6 s  1.2 s  2.4 s  4.8 s  9.6 s
//	a core of a server     0.04 s 0.09 s 0.17 s 0.34 s  0.7 s  1.4 s
//
// The times are averages on one core. A cheap phone is assumed to do 0.5 million iterations a
// second in WebCrypto. That is an assumption, and was not measured on a phone. The core of a
// server was measured with the solver of npm altcha-lib 2.8.0 under Node.js 20, on a Xeon with
// instructions for SHA: 3.5 million iterations a second. This command measures the machine that
// it runs on:
//
//	PHONEAUTH_ALTCHA_TIMES=1 go test -run TestAltchaTimes -v ./integration
//
// A client with several cores is that much faster, if its solver uses them.
//
// # What it can and cannot do
//
// The check makes a request cost a little more than nothing. It tells no person from a machine:
// a program solves it better than a phone does. Where an hour of a rented core costs one cent,
// the highest level costs less than a thousandth of a cent. A graphics card does the work of
// thousands of phones. A text to an expensive country costs some cents, and the one who pumps
// texts gets a share of them. So whoever earns by texts can always afford to solve.
//
// It works against the attackers who solve nothing: scripts that call the API without looking
// at the answer, and scanners. It also slows down an attacker with few machines. Budgets
// for numbers, blocks and countries must stop the others. A solved challenge must never open
// them without bound.
//
// A client needs WebCrypto, which browsers offer on HTTPS and on localhost only. A browser
// without JavaScript cannot answer.
package altcha
