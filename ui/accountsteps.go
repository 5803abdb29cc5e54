package ui

import (
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/phoneauth/phoneauth"
)

// number asks for a new number.
func (q *accountRequest) number() *accountScreen {
	s := q.newScreen(accountNumber, "account.number.new_title").lead("account.number.lead", "phone", display(q.user.Phone))
	region, _ := q.guess(q.r)
	if chosen := q.form["country"]; chosen != "" {
		region = chosen
	}
	var first, rest []byte
	for _, c := range q.l.countries() {
		if c.Region == region {
			first = countryOptions([]country{c})
		}
	}
	if len(q.regions) > 1 {
		rest = countryOptions(q.l.countries())
	}
	s.Countries = template.HTML(string(first) + string(rest)) // countryOptions escapes
	s.Fields = []field{{Name: "phone", Label: q.T("label.phone"), Type: "tel", Complete: "tel", Value: q.form["phone"]}}
	return s.sends("number/start", "account.send").cancels()
}

// startNumber sends a code to the new number.
func (q *accountRequest) startNumber() (*accountScreen, error) {
	s, err := q.fresh(accountNumber, q.number)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(q.form["phone"]) == "" {
		return s, errEmptyPhone
	}
	phone := q.typed()
	p, err := q.svc.Register(q.r.Context(), phoneauth.RegisterRequest{
		Phone: phone, Purpose: phoneauth.PurposePhoneChange, BoundTo: q.user.ID, Client: q.client,
	})
	if to, wrong := phoneauth.ParsePhone(phone, ""); err != nil && q.again() && wrong == nil {
		return q.numberCode(to, q.asked("number/start")), err
	}
	if err != nil {
		return s, err
	}
	return q.numberCode(p.Phone, sentBy(p, "number/start")).sent(), nil
}

// typed is the number of the form, as the Service takes it.
func (q *accountRequest) typed() string {
	typed := readNumber(q.form["phone"], q.form["country"])
	if p, err := phoneauth.ParsePhone(typed, q.form["country"]); err == nil {
		return p.E164()
	}
	return typed
}

// numberCode asks for the code that went to the new number. It shows both numbers.
func (q *accountRequest) numberCode(to phoneauth.Phone, c codeSent) *accountScreen {
	s := q.newScreen("number_code", "account.number.code_title").
		lead("account.number.code_lead", "phone", display(to), "old", display(q.user.Phone)).
		asksCode(c).goes("number/verify", "account.number.change").cancels()
	s.Hidden = append(s.Hidden, hidden{"phone", to.E164()})
	return s
}

// verifyNumber gives the account the new number. The browser stays signed in.
func (q *accountRequest) verifyNumber() (*accountScreen, error) {
	q.Next = q.address(accountNumber)
	to, err := phoneauth.ParsePhone(q.form["phone"], "")
	if err != nil {
		return q.fresh(accountNumber, q.number)
	}
	c := q.asked("number/start")
	s := q.numberCode(to, c)
	code, err := c.read(q)
	if err != nil {
		return s, err
	}
	if _, err := q.svc.Reauthenticated(q.r.Context(), q.claims); err != nil { // before the code is used up
		return nil, err
	}
	proof, err := q.svc.Verify(q.r.Context(), phoneauth.VerifyRequest{
		Code: code, ChallengeToken: phoneauth.Secret(c.token), Purpose: phoneauth.PurposePhoneChange, BoundTo: q.user.ID, Client: q.client,
	})
	if err != nil {
		return s, err
	}
	session, err := q.svc.ChangePhone(q.r.Context(), q.claims, phoneauth.ConnectRequest{Token: proof.Token, Client: q.client})
	if errors.Is(err, phoneauth.ErrPhoneTaken) { // the code is used up
		return q.number(), err
	}
	if err != nil {
		return s, err
	}
	if err := q.keeps(session); err != nil {
		return s, err
	}
	return q.done("number")
}

// read returns the digits of the code that was typed.
func (c codeSent) read(q *accountRequest) (string, error) {
	code := digitsOf(q.form["code"])
	if len(code) != c.length {
		return "", errEmptyCode
	}
	return code, nil
}

// keeps puts a new session into the cookies, so that the browser stays signed in.
func (q *accountRequest) keeps(session *phoneauth.Session) error {
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
	return s.secret("password", "label.new_password", true).goes("password", "account.password.save").cancels()
}

// savePassword sets the password.
func (q *accountRequest) savePassword() (*accountScreen, error) {
	s, err := q.fresh(accountPassword, q.password)
	if err != nil {
		return nil, err
	}
	switch n := utf8.RuneCountInString(q.form["password"]); {
	case n < minPassword:
		return s, errPasswordShort
	case n > maxPassword:
		return s, errPasswordLong
	}
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

// own sends a code to the number of the account.
func (q *accountRequest) own(purpose phoneauth.Purpose) (*phoneauth.Pending, error) {
	return q.svc.Register(q.r.Context(), phoneauth.RegisterRequest{Purpose: purpose, BoundTo: q.user.ID, Client: q.client})
}

// codeRequest is a code of the account's own number.
func (q *accountRequest) codeRequest(c codeSent, code string) phoneauth.CodeRequest {
	return phoneauth.CodeRequest{Code: code, ChallengeToken: phoneauth.Secret(c.token), Client: q.client}
}

func (q *accountRequest) exportScreen() *accountScreen {
	return q.newScreen(accountExport, "account.export.title").lead("account.export.lead", "phone", display(q.user.Phone)).
		sends("export/start", "account.send").cancels()
}

func (q *accountRequest) exportCode(c codeSent) *accountScreen {
	return q.newScreen("export_code", "account.export.title").lead("account.export.code_lead", "phone", display(q.user.Phone)).
		asksCode(c).goes("export", "account.export.download").cancels()
}

func (q *accountRequest) startExport() (*accountScreen, error) {
	p, err := q.own(phoneauth.PurposeDataExport)
	switch {
	case err != nil && q.again():
		return q.exportCode(q.asked("export/start")), err
	case err != nil:
		return q.exportScreen(), err
	}
	return q.exportCode(sentBy(p, "export/start")).sent(), nil
}

// export answers with a file.
func (q *accountRequest) export() (*accountScreen, error) {
	c := q.asked("export/start")
	code, err := c.read(q)
	if err != nil {
		return q.exportCode(c), err
	}
	export, err := q.svc.ExportByCode(q.r.Context(), q.claims, q.codeRequest(c, code))
	if err != nil {
		return q.exportCode(c), err
	}
	data, err := json.MarshalIndent(export, "", "  ")
	if err != nil {
		return nil, err
	}
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

func (q *accountRequest) deleteCode(c codeSent) *accountScreen {
	s := q.newScreen("delete_code", "account.delete.code_title").lead("account.delete.code_lead", "phone", display(q.user.Phone)).
		asksCode(c).goes("delete", "account.delete.confirm").cancels()
	s.Danger = true
	return s
}

func (q *accountRequest) startDelete() (*accountScreen, error) {
	p, err := q.own(phoneauth.PurposeAccountDeletion)
	switch {
	case err != nil && q.again():
		return q.deleteCode(q.asked("delete/start")), err
	case err != nil:
		return q.deleteScreen(), err
	}
	return q.deleteCode(sentBy(p, "delete/start")).sent(), nil
}

// delete deletes the account, and removes the cookies.
func (q *accountRequest) delete() (*accountScreen, error) {
	c := q.asked("delete/start")
	code, err := c.read(q)
	if err != nil {
		return q.deleteCode(c), err
	}
	if err := q.svc.DeleteUserByCode(q.r.Context(), q.claims, q.codeRequest(c, code)); err != nil {
		return q.deleteCode(c), err
	}
	q.clearSession(q.w)
	q.setCookie(q.w, deviceCookie, "", 0)
	return q.newScreen("deleted", "account.delete.done_title").lead("account.delete.done"), nil
}
