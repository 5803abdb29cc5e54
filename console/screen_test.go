package console_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/console"
	"github.com/phoneauth/phoneauth/internal/bubble"
)

func TestSearch(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	session := h.signIn()
	for _, typed := range []string{phone, " +20 106 179-7840 ", "201061797840", session.User.ID, "user:" + session.User.ID} {
		at := h.find(typed)
		assert.NotContains(t, at, "1797840")
		assert.Contains(t, h.get(at), masked, typed)
	}
	for _, typed := range []string{"", "nobody", "user:", "user:" + phone, "<b>"} {
		w := h.ask(http.MethodPost, "/desk/search", url.Values{"q": {typed}}.Encode())
		assert.Equal(t, http.StatusNotFound, w.Code, typed)
		assert.Contains(t, text(w), "neither a valid number nor the id of an account")
		assert.NotContains(t, w.Body.String(), "<b>")
	}
	assert.NotContains(t, h.get("/desk/?q=%2B201061797840"), masked, "no number in an address")
	assert.Contains(t, h.ask(http.MethodGet, "/desk/", "").Body.String(), `method="post" action="search"`)
	for _, bad := range []string{"", "x", strings.TrimPrefix(h.find(phone), "/desk/about?id=")[1:]} {
		assert.Equal(t, http.StatusNotFound, h.ask(http.MethodGet, "/desk/about?id="+bad, "").Code)
	}
	other := newHost(t)
	assert.Equal(t, http.StatusNotFound, other.ask(http.MethodGet, h.find(phone), "").Code, "under another key")
}

func TestSearchByGET(t *testing.T) {
	t.Parallel()
	h := newHost(t, func(o *console.Options) { o.SearchByGET, o.Key = true, []byte(strings.Repeat("k", 32)) })
	assert.Contains(t, h.get("/desk/?q=%2B201061797840"), masked)
	assert.Contains(t, h.ask(http.MethodGet, "/desk/", "").Body.String(), `method="get" action="./"`)
	assert.Equal(t, http.StatusNotFound, h.ask(http.MethodGet, "/desk/?q=nobody", "").Code)
}

// The screen says why a code does not come and why somebody does not get in.
func TestScreen(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	page := h.get(h.find(phone))
	assert.Contains(t, page, "There is no account with this number.")
	assert.Contains(t, page, "No limit of the number refuses the next code to sign in.")
	assert.Contains(t, page, "The journal has nothing.")
	limited := newLimitedHost(t, phoneauth.Limits{})
	assert.Contains(t, limited.get(limited.find(phone)), "The score of codes to its block of 10,000 numbers is 0. Above 10 it asks for a human check. Above 20 it refuses.")
	assert.NotContains(t, page, "End all sessions", "there is none")

	session := h.signIn()
	_, err := h.svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone})
	require.NoError(t, err)
	code := h.inbox.Code(t, phone)
	for range 3 {
		_, err = h.svc.Verify(t.Context(), phoneauth.VerifyRequest{Phone: phone, Code: wrong(code)})
		require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	}
	at := h.find(phone)
	page = h.get(at)
	for _, has := range []string{
		masked + " EG", "User id " + session.User.ID, "A code to sign in, asked for once, 2 tries left",
		"A code by sms to sign in was asked for.", "A wrong or expired code was given 3 times. The first was at",
		"Signed up, Chrome on Android, Cairo.", "Chrome on Android, Cairo. Signed in",
		"Which session is to end?", "Nothing is locked.",
	} {
		assert.Contains(t, page, has)
	}
	assert.NotContains(t, page, code, "never a code")
	for range 2 {
		_, err = h.svc.Verify(t.Context(), phoneauth.VerifyRequest{Phone: phone, Code: wrong(code)})
		require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	}
	_, err = h.svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone})
	require.NoError(t, err)
	code = h.inbox.Code(t, phone)
	for range 5 {
		_, _ = h.svc.Verify(t.Context(), phoneauth.VerifyRequest{Phone: phone, Code: wrong(code)})
	}
	page = h.get(at)
	assert.Contains(t, page, "The next code to sign in is refused by the limit on wrong codes for one number until 2")
	assert.Contains(t, page, "Locked by the limit on wrong codes for one number, after 10 in a row, until 2")
	assert.Contains(t, page, "No code to sign in or for a new password is out.")
	require.Equal(t, http.StatusSeeOther, h.act(at, "unlock", "they called", "").Code)
	assert.Contains(t, h.get(at), "The number was unlocked by ana, reason: they called")
}

func wrong(code string) string { return string('0'+(code[0]-'0'+1)%10) + code[1:] }

// Numbers are masked until somebody asks; who asked, and why, stands in the journal.
func TestNumbersAreMasked(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	session := h.signIn()
	for _, at := range []string{h.find(phone), h.find(session.User.ID)} {
		for _, path := range []string{at, "/desk/", "/desk/overview"} {
			assert.NotContains(t, h.ask(http.MethodGet, path, "").Body.String(), "61797840", path)
		}
		w := h.act(at, "reveal", "to call them", session.User.ID)
		require.Equal(t, http.StatusOK, w.Code)
		assert.Contains(t, text(w), phone)
		assert.NotContains(t, h.ask(http.MethodGet, at, "").Body.String(), "61797840", "not again")
		assert.Contains(t, h.get(at), "The whole number was shown by ana, reason: to call them")
	}
	var shown int
	for _, e := range h.journal(session.User.ID) {
		if e.Type == phoneauth.EventPhoneShown {
			assert.Equal(t, "to call them", e.Reason)
			shown++
		}
	}
	assert.Equal(t, 4, shown, "twice, each found by number and by user")
}

// Each action needs a reason, and stands in the journal as meant before and as done after.
func TestActions(t *testing.T) {
	t.Parallel()
	for action, what := range map[string]phoneauth.EventType{
		"unlock": phoneauth.EventUnlocked, "block": phoneauth.EventBlocked, "unblock": phoneauth.EventUnblocked,
		"end": phoneauth.EventSessionEnded, "end-all": phoneauth.EventSignedOut, "move": phoneauth.EventPhoneChanged,
		"delete": phoneauth.EventDeleted, "export": phoneauth.EventExported, "reveal": phoneauth.EventPhoneShown,
		"open": phoneauth.EventAccountUnlocked,
	} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			session := h.signIn()
			at, user := h.find(session.User.ID), session.User.ID
			if locked := true; action == "open" {
				_, err := h.store.UpdateUser(t.Context(), phoneauth.UserUpdate{UserID: user, Locked: &locked, Now: time.Now()})
				require.NoError(t, err)
			}
			values := []string{"session", session.ID, "sure", "yes", "token", string(h.prove(user))}
			w := h.act(at, action, " ", user, values...)
			require.Equal(t, http.StatusUnprocessableEntity, w.Code)
			assert.Contains(t, text(w), "Give a reason.")
			assert.Contains(t, w.Body.String(), `href="about?id=`, "back to the screen")
			assert.Empty(t, h.journal(user), "nothing was done")
			if action != "unlock" && action != "reveal" {
				assert.Equal(t, http.StatusNotFound, h.act(at, action, "r", "another", values...).Code, "not the account that was seen")
			}

			w = h.act(at, action, `<script>alert("x")</script>`, user, values...)
			switch action {
			case "reveal", "export":
				require.Equal(t, http.StatusOK, w.Code)
			default:
				require.Equal(t, http.StatusSeeOther, w.Code, text(w))
			}
			var meant, done int
			for _, e := range append(h.journal(user), h.entries(neighbour)...) {
				switch {
				case e.Type == phoneauth.EventOperator && e.Intent == what:
					meant++
				case e.Type == what && e.Actor == "ana":
					done++
				}
			}
			assert.NotZero(t, done, "as done")
			if action != "delete" { // which blanks it
				assert.NotZero(t, meant, "as meant")
				page := h.ask(http.MethodGet, at, "").Body.String()
				assert.Contains(t, page, "reason: &lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;")
				assert.NotContains(t, page, "<script")
			}
			if to := w.Header().Get("Location"); to != "" {
				assert.NotContains(t, to, "1797840")
				page := h.ask(http.MethodGet, "/desk/"+strings.TrimPrefix(to, "./"), "")
				assert.Equal(t, http.StatusOK, page.Code)
				assert.Contains(t, page.Body.String(), `role="status"`)
			}
		})
	}
}

// entries are those about a number.
func (h *host) entries(number string) []phoneauth.Entry {
	h.Helper()
	entries, err := h.svc.Timeline(h.Context(), phoneauth.TimelineQuery{Phone: number})
	require.NoError(h, err)
	return entries
}

// prove proves neighbour for a change of the user's number.
func (h *host) prove(userID string) phoneauth.Secret {
	h.Helper()
	change := phoneauth.RegisterRequest{Phone: neighbour, Purpose: phoneauth.PurposePhoneChange, BoundTo: userID}
	_, err := h.svc.Register(h.Context(), change)
	require.NoError(h, err)
	proof, err := h.svc.Verify(h.Context(), phoneauth.VerifyRequest{
		Phone: neighbour, Purpose: change.Purpose, BoundTo: change.BoundTo, Code: h.inbox.Code(h, neighbour),
	})
	require.NoError(h, err)
	return proof.Token
}

func TestActionsThatFail(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	session := h.signIn()
	at, user := h.find(phone), session.User.ID
	for _, c := range []struct {
		status int
		says   string
		form   []string
	}{
		{http.StatusNotFound, "no such account or session", []string{"end", "session", "none"}},
		{http.StatusUnprocessableEntity, "no verification token", []string{"move", "token", "junk"}},
		{http.StatusUnprocessableEntity, "Confirm", []string{"delete"}},
		{http.StatusNotFound, "This form is not good any more", []string{"dance"}},
	} {
		w := h.act(at, c.form[0], "r", user, c.form[1:]...)
		assert.Equal(t, c.status, w.Code, c.form)
		assert.Contains(t, text(w), c.says)
	}
	require.Equal(t, http.StatusSeeOther, h.act(at, "delete", "they asked", user, "sure", "yes").Code)
	page := h.get(at)
	assert.Contains(t, page, "There is no account with this number.")
	assert.Contains(t, page, "The account was deleted by ana, reason: they asked")
	assert.Equal(t, http.StatusNotFound, h.act(at, "block", "r", user).Code, "it is gone")
}

func TestExport(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	session := h.signIn()
	w := h.act(h.find(phone), "export", "they asked", session.User.ID)
	require.Equal(t, http.StatusOK, w.Code)
	assert.Equal(t, `attachment; filename="export.json"`, w.Header().Get("Content-Disposition"))
	var export phoneauth.Export
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &export))
	assert.Equal(t, phone, export.Phone)
	assert.Equal(t, session.User.ID, export.ID)
}

// However long the reasons and however many the sessions, a page has at most 30 KB; ask
// checks it.
func TestPagesStaySmall(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	session := h.signIn()
	for range 60 {
		h.signIn()
	}
	ctx := phoneauth.WithActor(t.Context(), phoneauth.Actor{Name: strings.Repeat("&", 64), Reason: strings.Repeat("&", 256)})
	for i := range 40 {
		require.NoError(t, h.svc.Unlock(ctx, phone), i)
	}
	page := h.ask(http.MethodGet, h.find(phone), "")
	require.Equal(t, http.StatusOK, page.Code)
	assert.Contains(t, text(page), "more are not shown.")
	_, rest, found := strings.Cut(page.Body.String(), `<a href="about?id=`)
	require.True(t, found, "a link to what is older")
	older, _, _ := strings.Cut(rest, `"`)
	assert.Contains(t, h.get("/desk/about?id="+strings.ReplaceAll(older, "&amp;", "&")), "The number was unlocked by &&")
	t.Logf("%d bytes; user %s", page.Body.Len(), session.User.ID)
}

func TestOverviewPage(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.signIn()
	for i := range 60 {
		_, err := h.svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: fmt.Sprintf("+2010617979%02d", i)})
		require.NoError(t, err)
	}
	page := h.get("/desk/overview")
	assert.NotContains(t, page, "Limit on", "none refused")
	assert.Contains(t, page, "Codes sent 61 Right codes given 1 (2 %)")
	assert.Contains(t, page, "EG 61 1 0 0 0 0")
	for _, has := range []string{"By country", "By channel", "By sender", "By hour", "sms 61 1 0 0 0 0"} {
		assert.Contains(t, page, has)
	}
}

// The overview says which limits refused, and how often.
func TestOverviewOfLimits(t *testing.T) {
	t.Parallel()
	h := newLimitedHost(t, phoneauth.Limits{})
	for range 3 {
		_, _ = h.svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone})
	}
	assert.Contains(t, h.get("/desk/overview"), "Limit on Refused Codes to one number 2 ")
}

// A page says once that something was done, and no other address makes it say so.
func TestNotice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		session := h.signIn()
		at := h.find(phone)
		w := h.act(at, "block", "r", session.User.ID)
		require.Equal(t, http.StatusSeeOther, w.Code)
		after := "/desk/" + w.Header().Get("Location")
		const notice = "The account is blocked. Its sessions have ended."
		assert.Contains(t, h.get(after), notice)
		assert.NotContains(t, h.get(at+"&done=block"), notice)
		assert.NotContains(t, h.get("/desk/?done=block"), notice)
		bubble.Elapse(61 * time.Second)
		assert.NotContains(t, h.get(after), notice, "it was a minute ago")
	})
}
