package console

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
)

// action does what an operator asked for. It has answered where it returns answered.
type action func(v *visit, ctx context.Context, on target) error

// errAnswered: the action has written its own answer.
var errAnswered = errors.New("answered")

// target is what an action is done to.
type target struct {
	subject subject
	state   *phoneauth.PhoneState
	// userID is that of the account that the operator saw.
	userID string
	actor  phoneauth.Actor
}

// actions by the value of their button.
var actions = map[string]action{
	"unlock": func(v *visit, ctx context.Context, on target) error {
		return v.svc.Unlock(ctx, on.state.Phone.E164())
	},
	"block": func(v *visit, ctx context.Context, on target) error {
		return v.svc.SetBlocked(ctx, on.userID, true)
	},
	"unblock": func(v *visit, ctx context.Context, on target) error {
		return v.svc.SetBlocked(ctx, on.userID, false)
	},
	"open": func(v *visit, ctx context.Context, on target) error {
		return v.svc.ReopenAccount(ctx, on.userID, on.actor)
	},
	"end": func(v *visit, ctx context.Context, on target) error {
		return v.svc.EndSession(ctx, on.userID, v.r.PostFormValue("session"))
	},
	"end-all": func(v *visit, ctx context.Context, on target) error {
		return v.svc.LogoutAll(ctx, on.userID)
	},
	"move": func(v *visit, ctx context.Context, on target) error {
		_, err := v.svc.MovePhone(ctx, on.userID, phoneauth.Secret(strings.TrimSpace(v.r.PostFormValue("token"))), on.actor)
		return err
	},
	"resend": (*visit).resend,
	"delete": (*visit).delete,
	"export": (*visit).export,
	"reveal": (*visit).reveal,
}

// notices say what was done.
var notices = map[string]string{
	"unlock":  "The number is unlocked.",
	"block":   "The account is blocked. Its sessions have ended.",
	"unblock": "The account is not blocked any more.",
	"open":    "The account is not locked any more. It has the number and the password that it had.",
	"end":     "The session has ended.",
	"end-all": "All sessions have ended.",
	"move":    "The account has the new number. Its sessions have ended. A number that was another one gets a notice.",
	"resend":  "The code was sent again.",
	"delete":  "The account is deleted.",
}

// onNumber are the actions that need no account.
var onNumber = map[string]bool{"unlock": true, "reveal": true, "resend": true}

// do does what a form asks for.
func (v *visit) do() {
	s, ok := v.seal.open(v.r.PostFormValue("id"))
	name := v.r.PostFormValue("action")
	act, known := actions[name]
	if !ok || !known {
		v.refuse(http.StatusNotFound, "This form is not good any more. Search again. Nothing was done.")
		return
	}
	v.back = "about?id=" + v.seal.id(s)
	on := target{
		subject: s,
		userID:  v.r.PostFormValue("user"),
		actor:   phoneauth.Actor{Name: v.operator, Reason: strings.TrimSpace(strings.ToValidUTF8(v.r.PostFormValue("reason"), ""))},
	}
	if on.actor.Reason == "" {
		v.refuse(http.StatusUnprocessableEntity, "Give a reason. It stands in the journal. Nothing was done.")
		return
	}
	ctx := phoneauth.WithActor(v.r.Context(), on.actor)
	err := v.prepare(ctx, &on, name)
	if err == nil {
		err = act(v, ctx, on)
	}
	switch {
	case err == nil:
		v.redirect("about", s.done(name))
	case !errors.Is(err, errAnswered):
		v.failed(err)
	}
}

// errNoAccount: the number has another account than the operator saw, or none.
var errNoAccount = errors.New("no such account")

// prepare finds out what on is now. An action is done to the account that the operator saw:
// a number may have another by now.
func (v *visit) prepare(ctx context.Context, on *target, name string) (err error) {
	if on.state, err = v.state(ctx, on.subject); err != nil {
		return err
	}
	if !onNumber[name] && (on.state.User == nil || on.state.User.ID != on.userID) {
		return errNoAccount
	}
	return nil
}

func (v *visit) delete(ctx context.Context, on target) error {
	if v.r.PostFormValue("sure") == "" {
		v.refuse(http.StatusUnprocessableEntity, "Confirm that the account is to be deleted. Nothing was done.")
		return errAnswered
	}
	if err := v.svc.Remove(ctx, on.userID, on.actor); err != nil {
		return err
	}
	if on.subject.UserID != "" { // its screen is gone
		v.redirect("./", subject{}.done("delete"))
		return errAnswered
	}
	return nil
}

func (v *visit) export(ctx context.Context, on target) error {
	export, err := v.svc.Export(ctx, on.userID)
	if err != nil {
		return err
	}
	data, err := json.MarshalIndent(export, "", "  ")
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/json")
	v.w.Header().Set("Content-Disposition", `attachment; filename="export.json"`)
	_, _ = v.w.Write(append(data, '\n'))
	return errAnswered
}

// reveal answers with the screen, with the whole number, so that no address leads there.
func (v *visit) reveal(ctx context.Context, on target) error {
	sc, err := v.look(ctx, on.subject, time.Time{})
	if err != nil { // before the journal says that it was seen
		return err
	}
	if sc.Number, err = v.svc.Reveal(ctx, sc.State, on.actor); err != nil {
		return err
	}
	sc.Whole = true
	v.render(http.StatusOK, "about", page{Title: sc.State.Phone.String(), Notice: "The whole number is shown. The journal says so.", Screen: sc})
	return errAnswered
}

// errNoCode: no code to sign in is out.
var errNoCode = errors.New("no code is out")

// resend sends the code to sign in again.
func (v *visit) resend(ctx context.Context, on target) error {
	channel := v.r.PostFormValue("channel")
	if channel == "" { // the Service would choose one
		return phoneauth.ErrChannel
	}
	err := v.svc.Resend(ctx, on.state.Phone.E164(), channel, on.actor)
	if errors.Is(err, phoneauth.ErrNotFound) {
		return errNoCode
	}
	return err
}

// unsent says that the sender did not accept a code.
func unsent(err *phoneauth.SendError) string {
	if err.Class == phoneauth.Ambiguous {
		return "It is not known whether the sender accepted the code. It may have gone out."
	}
	text := "The sender did not accept the code"
	switch err.Fault {
	case phoneauth.FaultDestination:
		text += ", because of this number or its carrier"
	case phoneauth.FaultSender:
		text += ", because of the provider or our account there"
	}
	return text + ". It was not sent."
}

// failed answers that an action was not done.
func (v *visit) failed(err error) {
	var refused *phoneauth.LimitError
	var failed *phoneauth.SendError
	switch {
	case errors.Is(err, errNoCode):
		v.refuse(http.StatusNotFound, "No code to sign in is out any more. The person has to ask for a new one. Nothing was sent.")
	case errors.Is(err, phoneauth.ErrChannel):
		v.refuse(http.StatusUnprocessableEntity, "Choose a channel that is offered for this number. Nothing was sent.")
	case errors.Is(err, phoneauth.ErrRefused):
		v.refuse(http.StatusConflict, "The service's own rule refused it. Nothing was sent.")
	case errors.As(err, &failed):
		v.refuse(http.StatusServiceUnavailable, unsent(failed))
	case errors.Is(err, errNoAccount), errors.Is(err, phoneauth.ErrNotFound):
		v.refuse(http.StatusNotFound, "There is no such account or session any more. Search again. Nothing was done.")
	case errors.Is(err, phoneauth.ErrInvalidToken):
		v.refuse(http.StatusUnprocessableEntity,
			"This is no verification token of the new number for this account, or it was used, or it has expired. Nothing was changed.")
	case errors.Is(err, phoneauth.ErrPhoneTaken):
		v.refuse(http.StatusConflict, "The new number belongs to another account. Nothing was changed.")
	case errors.Is(err, phoneauth.ErrInvalidPhone):
		v.refuse(http.StatusUnprocessableEntity, "This number is not valid any more, or it is not served. Nothing was done.")
	case errors.As(err, &refused):
		now := time.Now()
		v.refuse(http.StatusTooManyRequests,
			"Refused by the limit on "+limitText(refused.Limit)+until(now, now.Add(refused.RetryAfter))+". Nothing was done.")
	default:
		v.o.Logger.ErrorContext(v.r.Context(), "console: action", "error", err)
		v.refuse(http.StatusServiceUnavailable, "The store does not answer. It may not have been done: look again, and repeat it.")
	}
}
