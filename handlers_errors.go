package phoneauth

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/phoneauth/phoneauth/internal/body"
)

// Errors that only the handlers return. Those of the body are in internal/body.
var (
	errNoRoute          = errors.New("phoneauth: no such route")
	errMethod           = errors.New("phoneauth: method not allowed")
	errCrossOrigin      = errors.New("phoneauth: request of another origin")
	errMissingCode      = errors.New("phoneauth: code is missing")
	errMissingParameter = errors.New("phoneauth: parameter is missing")
	errNotSent          = errors.New("phoneauth: code not sent")
)

// fieldErrors lists the faults of the fields of a body of the Users API.
type fieldErrors map[string][]string

// Error returns the same text for all faults.
func (fieldErrors) Error() string { return "phoneauth: invalid fields" }

// failure says how an API answers an error.
type failure struct {
	api     API // "" for every API that has no row of its own above
	is      func(error) bool
	status  int
	code    string // for a 422 of the Users API, the field that is wrong
	message string
}

func is(targets ...error) func(error) bool {
	return func(err error) bool {
		return slices.ContainsFunc(targets, func(t error) bool { return errors.Is(err, t) })
	}
}

func as[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// spentSigningUp reports whether the proof of a sign-in was used before and its first use
// signed up.
func spentSigningUp(err error) bool {
	spent, ok := errors.AsType[*SpentTokenError](err)
	return ok && spent.SignedUp
}

// failures is the one table from errors to answers. The first row that fits counts.
// errNotSent, ErrUnavailable and ErrRefused come before the errors that they may wrap,
// because what they wrap is for the log only.
var failures = []failure{
	{"", is(errNotSent), 500, "sending_verification_failed", "Sending the verification code failed."},
	{"", is(ErrUnavailable), 503, "unavailable", "The service is unavailable. Try again later."},

	{ConnectAPI, spentSigningUp, 422, "phone_taken", "Phone number is taken."},
	{ConnectAPI, is(ErrRefused, ErrBlocked, ErrLocked, ErrInvalidToken), 422, "invalid_data", "Invalid phone or verification token."},
	{ConnectAPI, is(ErrPhoneTaken), 422, "phone_taken", "Phone number is taken."},
	{ConnectAPI, is(ErrInvalidPhone), 422, "invalid_phone", "Phone number is missing or invalid."},
	{ConnectAPI, is(ErrChannel), 422, "invalid_channel", "This channel is not offered."},
	{ConnectAPI, is(errMissingCode), 422, "missing_verification_code", "Verification code is missing."},
	{ConnectAPI, is(ErrInvalidCode), 422, "verification_failed", "Verification code is invalid or expired."},

	{PhoneAPI, is(errMissingCode, ErrInvalidCode), 422, "invalid_security_code", "Security code is not valid."},
	{PhoneAPI, is(ErrInvalidPhone), 422, "invalid_phone_number", "Phone number is missing or invalid."},
	{PhoneAPI, is(ErrChannel), 422, "invalid_channel", "This channel is not offered."},

	{UsersAPI, is(ErrRefused, ErrBlocked, ErrLocked, ErrInvalidToken, ErrInvalidCode), 422, "code", "not valid"},
	{UsersAPI, is(ErrInvalidPhone), 422, "msisdn", "is invalid"},
	{UsersAPI, is(ErrChannel), 422, channelField, "is invalid"},
	{UsersAPI, is(ErrPhoneTaken), 422, "msisdn", "has already been taken"},
	{UsersAPI, is(ErrInvalidPassword), 422, "current_password", "is invalid"},
	{UsersAPI, as[*PasswordError], 422, "password", ""},
	{UsersAPI, as[fieldErrors], 422, "", ""},

	{LoginAPI, is(ErrRefused), 401, "unauthorized", "wrong phone / sms_code"},
	{LoginAPI, is(ErrBlocked, ErrLocked), 401, "deleted", "this account has been deleted"},
	{LoginAPI, is(ErrInvalidCode, ErrInvalidPassword, ErrPhoneTaken), 401, "unauthorized", "wrong phone / sms_code"},
	{LoginAPI, is(ErrInvalidPhone), 401, "invalid_phone_format", "invalid phone number format"},
	{LoginAPI, is(errMissingParameter), 400, "parameter_missing", "phone and sms_code or password are required"},

	{SessionAPI, is(ErrNotFound), 404, "not_found", "There is nothing here."},
	{SessionAPI, is(ErrInvalidToken), 401, "invalid_refresh_token", "Refresh token is not valid. Sign in again."},
	{SessionAPI, is(ErrInvalidPhone), 422, "invalid_phone", "Phone number is missing or invalid."},
	{SessionAPI, is(ErrChannel), 422, "invalid_channel", "This channel is not offered."},
	{SessionAPI, is(errMissingCode), 422, "missing_verification_code", "Verification code is missing."},
	{SessionAPI, is(ErrInvalidCode), 422, "verification_failed", "Verification code is invalid or expired."},
	{SessionAPI, is(ErrPhoneTaken), 422, "phone_taken", "Phone number is taken."},

	{"", as[*HumanCheckError], 428, "human_check_required", "Prove that you are a person, and send the request again."},
	{"", as[*LimitError], 429, "rate_limited", "Too many requests. Try again later."},
	{"", is(ErrUnauthenticated), 401, "unauthorized", "Sign in first."},
	{"", is(ErrReauthenticate), 403, "reauthentication_required", "Sign in again to do this."},
	{"", is(errNoRoute), 404, "not_found", "There is nothing here."},
	{"", is(errMethod), 405, "method_not_allowed", "Method not allowed."},
	{"", is(body.ErrMediaType), 415, "unsupported_media_type", "Content-Type must be application/json."},
	{"", is(body.ErrTooLarge), 413, "body_too_large", "The body is too large."},
	{"", is(body.ErrMalformed), 400, "bad_request", "The body must be one JSON object."},
	{"", is(errCrossOrigin), 403, "cross_origin", "Requests of other origins are not allowed."},
	// All other errors: a fault of this package, of the store, or of the host.
	{"", func(error) bool { return true }, 503, "unavailable", "The service is unavailable. Try again later."},
}

// failureOf returns the row of failures for err.
func failureOf(api API, err error) failure {
	for _, f := range failures {
		if (f.api == "" || f.api == api) && f.is(err) {
			return f
		}
	}
	panic("unreachable: the last row fits all")
}

// fail answers with err in the shape of api, and logs faults.
func (s *Service) fail(w http.ResponseWriter, r *http.Request, api API, err error) {
	f := failureOf(api, err)
	if f.status >= 500 {
		s.logFault(r, api, err)
	}
	var limit *LimitError
	switch {
	case f.status == http.StatusTooManyRequests && errors.As(err, &limit):
		w.Header().Set("Retry-After", strconv.FormatInt(max(1, wholeSeconds(limit.RetryAfter)), 10))
	case f.status == http.StatusUnauthorized && errors.Is(err, ErrUnauthenticated):
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	answer := api.refusal(f, err)
	if asked, ok := errors.AsType[*HumanCheckError](err); ok {
		answer[humanCheckField] = asked.Question
	}
	if failed, ok := errors.AsType[*ChannelError](err); ok {
		channels := s.channelsOfAnswer(failed.Channel, failed.Channels)
		answer[channelField], answer["channels"] = channels.Channel, channels.Channels
	}
	data, err := json.Marshal(answer)
	if err != nil { // only a Question of the host's own check can fail
		s.fail(w, r, api, &unavailable{"ask for a human check", err})
		return
	}
	write(w, f.status, data)
}

// logFault logs the cause of a 500 or 503, unless that is the client, who has disconnected.
func (s *Service) logFault(r *http.Request, api API, err error) {
	if r.Context().Err() != nil && errors.Is(err, context.Canceled) {
		return
	}
	s.cfg.Logger.ErrorContext(r.Context(), "phoneauth: request failed", "api", api, "error", err, "cause", causes(err))
}

// refusal returns the body of an error answer in the shape of api.
func (api API) refusal(f failure, err error) map[string]any {
	type object = map[string]any
	switch api {
	case ConnectAPI:
		return object{"success": false, "message": f.message, "errors": []object{
			{"status": strconv.Itoa(f.status), "code": f.code, "title": f.message},
		}}
	case UsersAPI:
		if f.status == http.StatusUnprocessableEntity {
			return object{"error": "Invalid resource. Please fix errors and try again.", "errors": f.fields(err)}
		}
		return object{"error": f.message, "errors": object{}, "code": f.code}
	case LoginAPI:
		return object{"error": object{"code": strings.ToUpper(f.code), "message": f.message}}
	}
	return object{"message": f.message, "code": f.code}
}

// fields returns the faults of the fields, for a 422 of the Users API.
func (f failure) fields(err error) fieldErrors {
	if all, ok := errors.AsType[fieldErrors](err); ok {
		return all
	}
	if password, ok := errors.AsType[*PasswordError](err); ok {
		return fieldErrors{f.code: {password.Reason}}
	}
	return fieldErrors{f.code: {f.message}}
}
