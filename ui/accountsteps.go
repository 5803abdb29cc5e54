package ui

import (
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/phoneauth/phoneauth"
)

// number asks for a new number.
func (q *accountRequest) number() *accountScreen {
	s := q.newScreen(accountNumber, "account.number.new_title").lead("account.number.lead", "phone", display(q.user.Phone))
	s.country, s.chosen = q.guess(q.r)
	if own := q.user.Phone.Region(); (s.chosen == signLanguage || s.chosen == "") && slices.Contains(q.regions, own) {
		s.country, s.chosen = own, signLast
	}
	if region := q.form["country"]; region != "" {
		s.country, s.chosen = region, q.form["chosen"]
	}
	s.Fields = []field{{Kind: "number", Name: "phone"}}
	s.Hidden = append(s.Hidden, hidden{"zone", ""}, hidden{"chosen", s.chosen})
	return s.sends("number/start", "account.send").cancels()
}

// startNumber sends a code to the new number.
func (q *accountRequest) startNumber() (*accountScreen, error) {
	s, err := q.fresh(accountNumber, q.number)
	if err != nil {
		return nil, err
	}
	phone := q.asked().Phone
	if phone == "" {
		if s, err := q.beforeNumber(s); s != nil {
			return s, err
		}
		phone = q.typed()
	}
	if f := q.onItsWay(phoneauth.PurposePhoneChange, phone); f.Token != "" {
		return q.backTo(f), nil
	}
	p, err := q.svc.Register(q.r.Context(), phoneauth.RegisterRequest{
		Phone: phone, Purpose: phoneauth.PurposePhoneChange, BoundTo: q.user.ID, Channel: q.form["channel"], Client: q.client,
	})
	switch {
	case err != nil && q.again():
		return q.numberCode(q.asked()), err
	case err != nil:
		return s, err
	}
	return q.sent(phoneauth.PurposePhoneChange, p), nil
}

// beforeNumber returns a screen when there is something to ask before a code is sent to the number that
// was typed.
func (q *accountRequest) beforeNumber(s *accountScreen) (*accountScreen, error) {
	if strings.TrimSpace(q.form["phone"]) == "" {
		return s, errEmptyPhone
	}
	if q.typed() == q.user.Phone.E164() {
		s.Alert = q.T("account.number.same")
		return s, phoneauth.ErrInvalidPhone
	}
	regions := (&request{Page: q.Page, w: q.w, r: q.r, body: q.form}).doubtful()
	if len(regions) == 0 {
		return nil, nil
	}
	s = q.newScreen("number_confirm", "title.confirm").goes("number/start", "account.send").cancels()
	s.Leads = []template.HTML{template.HTML(template.HTMLEscapeString(q.l.of("lead.confirm", "country", regionName(q.l.Tag, regions[0]))))}
	s.Hidden = []hidden{{"phone", q.form["phone"]}, {"confirmed", "1"}, {"chosen", chosenByHand}, {"key", newKey()}}
	s.candidate = regions
	return s, nil
}

// typed is the number of the form, as the Service takes it.
func (q *accountRequest) typed() string { return numberOf(q.form["phone"], q.form["country"]) }

// numberCode asks for the code that went to the new number. It shows both numbers.
func (q *accountRequest) numberCode(f flow) *accountScreen {
	return q.newScreen("number_code", "account.number.code_title").
		lead("account.number.code_lead", "phone", f.display(), "old", display(q.user.Phone)).
		asksCode(f, "number/start").goes("number/verify", "account.number.change").
		links("other", accountNumber, "link.other").cancels()
}

// verifyNumber gives the account the new number. The browser stays signed in.
func (q *accountRequest) verifyNumber() (*accountScreen, error) {
	q.Next = q.address(accountNumber)
	f := q.asked()
	if f.Phone == "" {
		return q.fresh(accountNumber, q.number)
	}
	s := q.numberCode(f)
	code, err := q.read(f)
	if err != nil {
		return s, err
	}
	if _, err := q.svc.Reauthenticated(q.r.Context(), q.claims); err != nil { // before the code is used up
		return nil, err
	}
	proof, err := q.svc.Verify(q.r.Context(), phoneauth.VerifyRequest{
		Code: code, ChallengeToken: phoneauth.Secret(f.Token), Purpose: phoneauth.PurposePhoneChange, BoundTo: q.user.ID, Client: q.client,
	})
	if err != nil {
		return s, err
	}
	session, err := q.svc.ChangePhone(q.r.Context(), q.claims, phoneauth.ConnectRequest{Token: proof.Token, Client: q.client})
	if errors.Is(err, phoneauth.ErrPhoneTaken) { // the code is used up
		q.keepCode(flow{})
		q.form["phone"] = f.display()
		if to, err := phoneauth.ParsePhone(f.Phone, ""); err == nil {
			q.form["country"] = to.Region()
		}
		s := q.number()
		s.Alert = q.T("account.number.taken")
		return s, err
	}
	if err != nil {
		return s, err
	}
	if err := q.keeps(session); err != nil {
		return s, err
	}
	return q.done("number")
}

// keeps puts a new session into the cookies, so that the browser stays signed in.
func (q *accountRequest) keeps(session *phoneauth.Session) error {
	q.given = session.AccessToken
	_, err := (&request{Page: q.Page, w: q.w, r: q.r}).signIn(session, nil)
	return err
}

// password asks for a new password, and for the current one if there is one.
func (q *accountRequest) password() *accountScreen {
	title := "account.password.add"
	if q.user.PasswordHash != "" {
		title = "account.password.change"
	}
	s := q.newScreen(accountPassword, title).lead("account.password.lead")
	if q.user.PasswordHash != "" {
		s.secret("current", "account.password.current", false)
	}
	s.secret("password", "label.new_password", true).sends("password", "account.password.save").cancels()
	if q.user.PasswordHash != "" && q.o.Passwords {
		s.Links = append(s.Links, anchor{"forgot", addressOf(q.o.Path, "screen", screenForgot, "next", q.path, "lang", q.Lang), q.T("link.forgot")})
	}
	return s
}

// hasPasswords reports whether the account may have a password: it has one, or people sign in with passwords.
func (q *accountRequest) hasPasswords() bool { return q.o.Passwords || q.user.PasswordHash != "" }

// savePassword sets the password.
func (q *accountRequest) savePassword() (*accountScreen, error) {
	if !q.hasPasswords() {
		return q.done("")
	}
	s, err := q.fresh(accountPassword, q.password)
	if err != nil {
		return nil, err
	}
	if err := lengthOf(q.form["password"]); err != nil {
		return s, err
	}
	q.tried = true
	session, err := q.svc.ChangePassword(q.r.Context(), q.claims, phoneauth.ChangePasswordRequest{
		Current: phoneauth.Secret(q.form["current"]), New: phoneauth.Secret(q.form["password"]), Client: q.client,
	})
	if errors.Is(err, phoneauth.ErrInvalidPassword) {
		s.Alert = q.T("account.password.wrong")
	}
	if err != nil {
		return s, err
	}
	if err := q.keeps(session); err != nil {
		return s, err
	}
	return q.done("password")
}

// codeRequest is a code of the account's own number.
func (q *accountRequest) codeRequest(f flow, code string) phoneauth.CodeRequest {
	return phoneauth.CodeRequest{Code: code, ChallengeToken: phoneauth.Secret(f.Token), Client: q.client}
}

func (q *accountRequest) exportScreen() *accountScreen {
	return q.newScreen(accountExport, "account.export.title").lead("account.export.lead", "phone", display(q.user.Phone)).
		sends("export/start", "account.send").cancels()
}

// exportCode asks for the code of the download. The page stays as it is while the browser saves the file.
func (q *accountRequest) exportCode(f flow) *accountScreen {
	s := q.newScreen("export_code", "account.export.title").lead("account.export.code_lead", "phone", display(q.user.Phone)).
		asksCode(f, "export/start").goes("export", "account.export.download").links("back", accountHome, "account.back")
	s.Plain = q.T("account.export.done")
	return s
}

func (q *accountRequest) startExport() (*accountScreen, error) {
	return q.sendOwn(phoneauth.PurposeDataExport, q.exportScreen)
}

// export answers with a file.
func (q *accountRequest) export() (*accountScreen, error) {
	f := q.asked()
	code, err := q.read(f)
	if err != nil {
		return q.exportCode(f), err
	}
	export, err := q.svc.ExportByCode(q.r.Context(), q.claims, q.codeRequest(f, code))
	if err != nil {
		return q.exportCode(f), err
	}
	data, err := json.MarshalIndent(export, "", "  ")
	if err != nil {
		return nil, err
	}
	q.keepCode(flow{})
	h := q.w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="account.json"`)
	q.w.WriteHeader(http.StatusOK)
	_, _ = q.w.Write(append(data, '\n')) // an error means that the client has disconnected
	return nil, errAnswered
}

func (q *accountRequest) deleteScreen() *accountScreen {
	return q.newScreen(accountDelete, "account.delete.title").lead("account.delete.lead", "phone", display(q.user.Phone)).
		sends("delete/start", "account.send").cancels()
}

func (q *accountRequest) deleteCode(f flow) *accountScreen {
	s := q.newScreen("delete_code", "account.delete.code_title").lead("account.delete.code_lead", "phone", display(q.user.Phone)).
		asksCode(f, "delete/start").goes("delete", "account.delete.confirm").cancels()
	s.Danger = true
	return s
}

func (q *accountRequest) startDelete() (*accountScreen, error) {
	return q.sendOwn(phoneauth.PurposeAccountDeletion, q.deleteScreen)
}

// delete deletes the account, and removes the cookies.
func (q *accountRequest) delete() (*accountScreen, error) {
	f := q.asked()
	code, err := q.read(f)
	if err != nil {
		return q.deleteCode(f), err
	}
	if err := q.svc.DeleteUserByCode(q.r.Context(), q.claims, q.codeRequest(f, code)); err != nil {
		return q.deleteCode(f), err
	}
	q.given = "" // its session has ended
	q.keepCode(flow{})
	q.clearSession(q.w)
	q.setCookie(q.w, deviceCookie, "", 0)
	s := q.newScreen("deleted", "account.delete.done_title").lead("account.delete.done")
	s.Links = append(s.Links, anchor{"sign_in", addressOf(q.o.Path, "lang", q.Lang), q.T("account.not_me.sign_in")})
	return s, nil
}
