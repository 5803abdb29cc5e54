package ui

import "github.com/phoneauth/phoneauth/humancheck/altcha"

// vendor is what the page may load from the vendor of a human check, beside its own files.
type vendor struct{ scripts, frames, styles, connections string }

// vendors are what the documentation of each vendor says that a policy must name, by the kind
// of the check:
// https://developers.cloudflare.com/turnstile/reference/content-security-policy/,
// https://docs.hcaptcha.com/#content-security-policy-settings and
// https://developers.google.com/recaptcha/docs/faq.
var vendors = map[string]vendor{
	"turnstile": {scripts: " https://challenges.cloudflare.com", frames: " https://challenges.cloudflare.com"},
	"hcaptcha":  {hCaptcha, hCaptcha, hCaptcha, hCaptcha},
	"recaptcha": {
		scripts: " https://www.google.com/recaptcha/ https://www.gstatic.com/recaptcha/",
		frames:  " https://www.google.com/recaptcha/ https://recaptcha.google.com/recaptcha/",
	},
}

const hCaptcha = " https://hcaptcha.com https://*.hcaptcha.com"

// embedded is the kind of the check that the page solves by itself.
var embedded = (*altcha.Check)(nil).Kind()

// policy returns the Content-Security-Policy for a human check of a kind, or "" for none. The
// page needs no script, style or connection but its own, and those of the vendor.
func policy(kind string) string {
	v, ok := vendors[kind]
	p := "default-src 'none'; script-src 'self'" + v.scripts + "; style-src 'self'" + v.styles +
		"; connect-src 'self'" + v.connections + "; img-src 'self' data:; base-uri 'none'; " +
		"frame-ancestors 'none'; form-action 'self'"
	switch {
	case ok: // the scripts of vendors know nothing of trusted types
		return p + "; frame-src" + v.frames
	case kind == embedded: // human.js has a policy, for the address of its worker
		return p + "; worker-src 'self'; require-trusted-types-for 'script'; trusted-types phoneauth"
	}
	return p + "; require-trusted-types-for 'script'; trusted-types 'none'"
}

// securityHeaders are on every answer. Nobody may frame the page.
func securityHeaders(kind string) map[string]string {
	return map[string]string{
		"Content-Security-Policy":      policy(kind),
		"X-Content-Type-Options":       "nosniff",
		"X-Frame-Options":              "DENY",
		"Referrer-Policy":              "same-origin",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
	}
}
