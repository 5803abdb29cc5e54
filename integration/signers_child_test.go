package integration_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
)

// span is the numbers of people: from First on, and before End.
type span struct{ First, End int }

// signers sign in to a server, eight at once, with the codes that its webhook sends to them.
type signers struct {
	server string
	mu     sync.Mutex
	codes  map[string]chan string // by phone
}

// signInAsChild says where it takes texts, reads the URL of a server, and then signs people in:
// each span that it reads is answered with what has failed, or "".
func signInAsChild() error {
	c := &signers{codes: map[string]chan string{}}
	sink := httptest.NewServer(c)
	defer sink.Close()
	in := json.NewDecoder(bufio.NewReader(os.Stdin))
	if err := tell(sink.URL); err != nil {
		return err
	}
	if err := in.Decode(&c.server); err != nil {
		return err
	}
	for {
		var s span
		if err := in.Decode(&s); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := tell(c.signUps(s)); err != nil {
			return err
		}
	}
}

// signUps returns the first failure.
func (c *signers) signUps(s span) (failed string) {
	var all sync.WaitGroup
	next := make(chan int)
	var mu sync.Mutex
	for range 8 {
		all.Go(func() {
			for n := range next {
				if err := c.signUp(n); err != nil {
					mu.Lock()
					failed = err.Error()
					mu.Unlock()
				}
			}
		})
	}
	for n := s.First; n < s.End; n++ {
		next <- n
	}
	close(next)
	all.Wait()
	return failed
}

func (c *signers) signUp(n int) error {
	phone, _ := caller(n)
	code := make(chan string, 1)
	c.mu.Lock()
	c.codes[phone] = code
	c.mu.Unlock()
	if _, err := c.post("/users/verification/start", object{"phone": phone}); err != nil {
		return err
	}
	answer, err := c.post("/api/v1/login", object{"user": object{"phone": phone, "sms_code": <-code}})
	if err != nil {
		return err
	}
	if user, _ := answer["user"].(object); user["token"] == nil {
		return fmt.Errorf("no token in %v", answer)
	}
	return nil
}

func (c *signers) post(route string, what object) (answer object, err error) {
	body, err := json.Marshal(what)
	if err != nil {
		return nil, err
	}
	resp, err := http.Post(c.server+route, "application/json", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil && err != io.EOF { // the first route answers nothing
		return nil, err
	}
	if resp.StatusCode >= 300 {
		return nil, fmt.Errorf("%s: %s, %v", route, resp.Status, answer)
	}
	return answer, nil
}

// ServeHTTP takes the text of a webhook.
func (c *signers) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	var text struct{ To, Code string }
	_ = json.NewDecoder(r.Body).Decode(&text)
	c.mu.Lock()
	code := c.codes[text.To]
	delete(c.codes, text.To)
	c.mu.Unlock()
	if code != nil {
		code <- text.Code
	}
}
