// Package siteverify asks the vendor of a captcha about an answer, by the request that
// Turnstile, hCaptcha and reCAPTCHA have in common.
package siteverify
