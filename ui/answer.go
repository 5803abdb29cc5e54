package ui

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/humancheck"
)

var (
	errNoRoute     = errors.New("phoneauth/ui: no such route")
	errMethod      = errors.New("phoneauth/ui: method not allowed")
	errCrossOrigin = errors.New("phoneauth/ui: request of another origin")
)

// refusals is the one table from errors to answers; the first row that fits counts. ErrUnavailable
// and ErrRefused come first, because the errors that they wrap are for the log only. The page has a
// sentence for each code: the texts under "error.".
var refusals = []struct {
	is     error
	status int
	code   string
}{
	{phoneauth.ErrUnavailable, 503, "unavailable"},
	{phoneauth.ErrRefused, 403, "refused"},
	{phoneauth.ErrBlocked, 403, "blocked"},
	{phoneauth.ErrLocked, 403, "locked"},
	{phoneauth.ErrInvalidPhone, 422, "invalid_phone"},
	{phoneauth.ErrInvalidCode, 422, "invalid_code"},
	{phoneauth.ErrInvalidPassword, 422, "invalid_password"},
	{phoneauth.ErrPhoneTaken, 422, "phone_taken"},
	{phoneauth.ErrInvalidToken, 401, "signed_out"},
	{phoneauth.ErrUnauthenticated, 401, "signed_out"},
	{phoneauth.ErrChannel, 422, "invalid_channel"},
	{errEmptyPhone, 422, "empty_phone"},
	{errEmptyCode, 422, "empty_code"},
	{errEmptyPassword, 422, "empty_password"},
	{errPasswordShort, 422, "password_short"},
	{errPasswordLong, 422, "password_long"},
	{phoneauth.ErrPurpose, 400, "bad_request"},
	{errNoRoute, 404, "bad_request"},
	{errMethod, 405, "bad_request"},
	{errMediaType, 415, "bad_request"},
	{errTooLarge, 413, "bad_request"},
	{errBadRequest, 400, "bad_request"},
	{errCrossOrigin, 403, "cross_origin"},
}

// refusal is the body of a refusal.
type refusal struct {
	Code string `json:"code"`
	// Limit says which limit refused: "sent" means that a code has just been sent to the
	// number, "locked" that there were too many wrong codes or passwords, "moved" that the number
	// of the account was just changed, "" any other.
	// RetryAfter is in seconds.
	Limit      string `json:"limit,omitempty"`
	RetryAfter int    `json:"retry_after,omitempty"`
	// TriesLeft are the tries of a live challenge, for a client that brought its challenge
	// token. It is nil when the challenge is gone.
	TriesLeft *int `json:"tries_left,omitempty"`
	// Reason completes "password …".
	Reason string `json:"reason,omitempty"`
	// HumanCheck is the question that the page must answer.
	HumanCheck *humancheck.Question `json:"human_check,omitempty"`
}

// limitKinds are the kinds of limits that the page has texts for.
var limitKinds = map[string]string{
	phoneauth.LimitPhoneSends:       "sent",
	phoneauth.LimitPhoneFailures:    "locked",
	phoneauth.LimitPasswordFailures: "locked",
	phoneauth.LimitPhoneChange:      "moved",
}

// refusalOf returns the answer to err. Errors without a row are faults.
func refusalOf(err error) (int, refusal) {
	if limit, ok := errors.AsType[*phoneauth.LimitError](err); ok {
		seconds := max(1, int((limit.RetryAfter+1e9-1)/1e9))
		return http.StatusTooManyRequests, refusal{Code: "rate_limited", Limit: limitKinds[limit.Limit], RetryAfter: seconds}
	}
	if asked, ok := errors.AsType[*phoneauth.HumanCheckError](err); ok {
		return http.StatusPreconditionRequired, refusal{Code: "human_check_required", HumanCheck: &asked.Question}
	}
	if password, ok := errors.AsType[*phoneauth.PasswordError](err); ok {
		return http.StatusUnprocessableEntity, refusal{Code: "password_rejected", Reason: password.Reason}
	}
	if code, ok := errors.AsType[*phoneauth.CodeError](err); ok {
		return http.StatusUnprocessableEntity, refusal{Code: "invalid_code", TriesLeft: &code.TriesLeft}
	}
	for _, r := range refusals {
		if errors.Is(err, r.is) {
			return r.status, refusal{Code: r.code}
		}
	}
	return http.StatusServiceUnavailable, refusal{Code: "unavailable"}
}

// fail answers with err, and logs what is a fault.
func (p *Page) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, body := refusalOf(err)
	if status >= 500 && r.Context().Err() == nil {
		p.log(r, err)
	}
	if body.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(body.RetryAfter))
	}
	data, err := json.Marshal(body)
	if err != nil { // only a Question of the host's own check can fail
		p.fail(w, r, err)
		return
	}
	writeData(w, status, data)
}

// log writes err and what it wraps, which is not in its text.
func (p *Page) log(r *http.Request, err error) {
	attrs := []slog.Attr{slog.Any("error", err)}
	var tree interface{ Unwrap() []error }
	if errors.As(err, &tree) {
		for _, cause := range tree.Unwrap() {
			if cause != phoneauth.ErrUnavailable {
				attrs = append(attrs, slog.String("cause", cause.Error()))
			}
		}
	}
	p.o.Logger.LogAttrs(r.Context(), slog.LevelError, "phoneauth/ui: request failed", attrs...)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	data, _ := json.Marshal(body) // text and numbers alone
	writeData(w, status, data)
}

func writeData(w http.ResponseWriter, status int, data []byte) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(data) // an error means that the client has disconnected
}
