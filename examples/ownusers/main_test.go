package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/phonetest"
)

const phone = "+201061797840"

// client signs up at a server of its own.
type client struct {
	t       *testing.T
	server  *httptest.Server
	inbox   *phonetest.Inbox
	members *Members
}

func newClient(t *testing.T) *client {
	c := &client{t: t, inbox: phonetest.New(), members: openMembers(t)}
	handler, err := app(c.members, c.inbox, phoneauth.Limits{InsecureOff: true})
	require.NoError(t, err)
	c.server = httptest.NewServer(handler)
	t.Cleanup(c.server.Close)
	return c
}

// answer is what the tests read of a user document, and of a proof.
type answer struct {
	status int
	Data   struct {
		ID         string
		Attributes struct {
			NewUser     bool   `json:"new_user"`
			DisplayName string `json:"display_name"`
		}
	}
	Meta struct {
		AccessToken string `json:"access_token"`
	}
	VerificationToken string `json:"verification_token"`
}

// call may run on any goroutine.
func (c *client) call(method, path, token string, fields map[string]string) (a answer, err error) {
	body, err := json.Marshal(fields)
	if err != nil {
		return a, err
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.server.URL+path, strings.NewReader(string(body)))
	if err != nil {
		return a, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return a, err
	}
	defer resp.Body.Close()
	a.status = resp.StatusCode
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil && err != io.EOF {
		return a, err
	}
	return a, nil
}

// must be a call with this status.
func (c *client) must(status int, method, path, token string, fields map[string]string) answer {
	c.t.Helper()
	a, err := c.call(method, path, token, fields)
	require.NoError(c.t, err)
	require.Equal(c.t, status, a.status, "%s %s", method, path)
	return a
}

// proof proves the phone, and does not sign in yet.
func (c *client) proof() string {
	c.t.Helper()
	c.must(200, "POST", "/users/verification/start", "", map[string]string{"phone": phone})
	code := c.inbox.Code(c.t, phone)
	return c.must(200, "POST", "/users/verification/verify", "", map[string]string{"phone": phone, "verification_code": code}).VerificationToken
}

// count returns the one number that a query answers.
func (c *client) count(query string) (n int) {
	c.t.Helper()
	require.NoError(c.t, c.members.db.QueryRow(query).Scan(&n))
	return n
}

func TestWelcomeCreditIsGivenOnce(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	proofs := make([]string, 32)
	for i := range proofs {
		proofs[i] = c.proof()
	}
	answers := make([]answer, len(proofs))
	var connects sync.WaitGroup
	for i, proof := range proofs {
		connects.Go(func() {
			var err error
			answers[i], err = c.call("POST", "/connect", "", map[string]string{"phone": phone, "verification_token": proof})
			assert.NoError(t, err)
		})
	}
	connects.Wait()

	created := 0
	for _, a := range answers {
		require.Equal(t, http.StatusOK, a.status)
		assert.Equal(t, answers[0].Data.ID, a.Data.ID, "all are the same member")
		if a.Data.Attributes.NewUser {
			created++
		}
	}
	assert.Equal(t, 1, created, "new_user, once in the life of an account")
	assert.Equal(t, 1, c.count("SELECT count(*) FROM members"))
	assert.Equal(t, 1, c.count("SELECT count(*) FROM credits WHERE reason = 'welcome'"))
	assert.Equal(t, welcomeCents, c.count("SELECT sum(cents) FROM credits"))
}

// No member without a welcome credit: they are made together or not at all.
func TestFailedCreditMakesNoMember(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	_, err := c.members.db.Exec("ALTER TABLE credits RENAME TO lost")
	require.NoError(t, err)
	c.must(503, "POST", "/connect", "", map[string]string{"phone": phone, "verification_token": c.proof()})
	assert.Zero(t, c.count("SELECT count(*) FROM members"))

	_, err = c.members.db.Exec("ALTER TABLE lost RENAME TO credits")
	require.NoError(t, err)
	a := c.must(200, "POST", "/connect", "", map[string]string{"phone": phone, "verification_token": c.proof()})
	assert.True(t, a.Data.Attributes.NewUser)
	assert.Equal(t, 1, c.count("SELECT count(*) FROM credits"))
}

// Who was a member elsewhere signs in to the account that was imported, and is given no
// welcome credit.
func TestImportedMembersAreNotNew(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	now := time.Now().UTC()
	joined := now.AddDate(-3, 0, 0).Truncate(time.Microsecond)
	imported, err := c.members.ImportUsers(t.Context(), []phoneauth.UserImport{{Phone: phoneauth.StoredPhone(phone), UUID: "u", CreatedAt: joined}}, now)
	require.NoError(t, err)
	require.True(t, imported[0].Created)
	assert.Equal(t, joined, imported[0].User.CreatedAt)

	a := c.must(200, "POST", "/connect", "", map[string]string{"phone": phone, "verification_token": c.proof()})
	assert.Equal(t, imported[0].User.ID, a.Data.ID)
	assert.Equal(t, 1, c.count("SELECT count(*) FROM members WHERE signed_in_at > 0"))
	assert.Zero(t, c.count("SELECT count(*) FROM credits"))
}

func TestDisplayName(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	a := c.must(200, "POST", "/connect", "", map[string]string{"phone": phone, "verification_token": c.proof()})
	token := a.Meta.AccessToken
	c.must(401, "PUT", "/profile", "", map[string]string{"display_name": "Nobody"})
	c.must(204, "PUT", "/profile", token, map[string]string{"display_name": "Amina"})
	assert.Equal(t, "Amina", c.must(200, "GET", "/users/me", token, nil).Data.Attributes.DisplayName)

	c.must(204, "DELETE", "/users/me", token, nil)
	assert.Zero(t, c.count("SELECT count(*) FROM members"))
	assert.Zero(t, c.count("SELECT count(*) FROM credits"), "credits go with their member")
}

// The file is the members': they are there when it is opened again.
func TestMembersSurvive(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "members.db")
	for want := range 2 {
		members, err := OpenMembers(t.Context(), path)
		require.NoError(t, err)
		in, err := members.SignInUser(t.Context(), phoneauth.SignIn{Phone: phoneauth.StoredPhone(phone), UUID: "u", Epoch: 0})
		require.NoError(t, err)
		assert.Equal(t, want == 0, in.Created)
		require.NoError(t, members.Close())
	}
}

func TestFileThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	_, err := OpenMembers(t.Context(), filepath.Join(t.TempDir(), "no", "folder"))
	require.ErrorContains(t, err, "members: make tables")
}

func TestTimeouts(t *testing.T) {
	t.Parallel()
	s := server(http.NotFoundHandler())
	for _, timeout := range []time.Duration{s.ReadHeaderTimeout, s.ReadTimeout, s.WriteTimeout, s.IdleTimeout} {
		assert.Positive(t, timeout)
	}
	assert.Greater(t, s.WriteTimeout, s.ReadTimeout+10*time.Second, "a text may take 10 s to send")
}
