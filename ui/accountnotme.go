package ui

import (
	"errors"

	"github.com/phoneauth/phoneauth"
)

// notMePath is where the links of notices lead, below the path of the account page.
const notMePath = "not-me"

// readNotice shows what a notice is about. It changes nothing: programs that preview links follow
// them, too.
func (q *accountRequest) readNotice(token phoneauth.Secret) (*accountScreen, error) {
	n, err := q.svc.ReadNotice(q.r.Context(), token)
	switch {
	case errors.Is(err, phoneauth.ErrInvalidToken):
		return q.newScreen("not_me_gone", "account.not_me.gone_title").lead("account.not_me.gone"), nil
	case err != nil:
		return nil, err
	case n.Locked:
		return q.lockedScreen(token, n), nil
	}
	what := "account.not_me.number"
	if n.Purpose == phoneauth.NoticePasswordChanged {
		what = "account.not_me.password"
	}
	s := q.newScreen("not_me", "account.not_me.title").lead(what, "phone", mask(n.Phone)).
		lead("account.not_me.lead").lead("account.not_me.was_me").goes("not-me/lock", "account.not_me.lock")
	s.Danger = true
	return s.carries(token), nil
}

// carries puts the token of the notice into the form.
func (s *accountScreen) carries(token phoneauth.Secret) *accountScreen {
	s.Hidden = append(s.Hidden, hidden{"t", string(token)})
	return s
}

// lockedScreen offers to take the account back.
func (q *accountRequest) lockedScreen(token phoneauth.Secret, n *phoneauth.Notice) *accountScreen {
	return q.newScreen("not_me_locked", "account.not_me.locked_title").lead("account.not_me.locked", "phone", mask(n.Phone)).
		sends("not-me/start", "account.send").carries(token)
}

// lock locks the account.
func (q *accountRequest) lock() (*accountScreen, error) {
	token := phoneauth.Secret(q.form["t"])
	if err := q.svc.LockAccount(q.r.Context(), token); err != nil && !errors.Is(err, phoneauth.ErrInvalidToken) {
		return nil, err
	}
	return q.readNotice(token)
}

// startUnlock sends a code to the number that got the notice.
func (q *accountRequest) startUnlock() (*accountScreen, error) {
	token := phoneauth.Secret(q.form["t"])
	n, err := q.svc.ReadNotice(q.r.Context(), token)
	if err != nil || !n.Locked {
		return q.readNotice(token)
	}
	p, err := q.svc.Register(q.r.Context(), phoneauth.RegisterRequest{
		Purpose: phoneauth.PurposeAccountUnlock, BoundTo: string(token), Channel: q.form["channel"], Client: q.client,
	})
	s := q.lockedScreen(token, n)
	switch {
	case errors.Is(err, phoneauth.ErrPhoneTaken):
		s.Alert = q.T("account.not_me.taken")
		return s, err
	case err != nil && q.again():
		return q.unlockScreen(token, n, q.asked()), err
	case err != nil:
		return s, err
	}
	f := flowOf(string(phoneauth.PurposeAccountUnlock), p)
	f.Phone, f.Masked = "", mask(n.Phone) // whoever has the link is not told the number
	return q.unlockScreen(token, n, f).sentAgain(p, mask(n.Phone)), nil
}

func (q *accountRequest) unlockScreen(token phoneauth.Secret, n *phoneauth.Notice, f flow) *accountScreen {
	s := q.newScreen("not_me_unlock", "account.not_me.unlock_title").lead("account.code_lead", "phone", mask(n.Phone)).asksCode(f, "not-me/start")
	if n.NeedsPassword {
		s.secret("current", "account.not_me.before", false)
	}
	return s.goes("not-me/unlock", "account.not_me.unlock").carries(token)
}

// unlock gives the account back as it was before the change.
func (q *accountRequest) unlock() (*accountScreen, error) {
	token := phoneauth.Secret(q.form["t"])
	n, err := q.svc.ReadNotice(q.r.Context(), token)
	if err != nil || !n.Locked {
		return q.readNotice(token)
	}
	f := q.asked()
	s := q.unlockScreen(token, n, f)
	code, err := q.read(f)
	if err != nil {
		return s, err
	}
	err = q.svc.UnlockAccount(q.r.Context(), phoneauth.UnlockAccountRequest{
		Token: token, Code: code, ChallengeToken: phoneauth.Secret(f.Token), Password: phoneauth.Secret(q.form["current"]), Client: q.client,
	})
	switch {
	case errors.Is(err, phoneauth.ErrInvalidToken):
		return q.readNotice(token)
	case errors.Is(err, phoneauth.ErrPhoneTaken):
		s.Alert = q.T("account.not_me.taken")
	case errors.Is(err, phoneauth.ErrInvalidPassword):
		s.Alert = q.T("account.not_me.wrong_password")
	}
	if err != nil {
		return s, err
	}
	s = q.newScreen("not_me_done", "account.not_me.done_title").lead("account.not_me.done")
	s.Links = append(s.Links, anchor{"sign_in", addressOf(q.o.Path, "lang", q.Lang), q.T("account.not_me.sign_in")})
	return s, nil
}
