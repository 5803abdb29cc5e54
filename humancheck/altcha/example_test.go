package altcha_test

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/humancheck/altcha"
)

func ExampleNew() {
	check, err := altcha.New([]byte("32 random bytes, of a secret file"))
	if err != nil {
		panic(err)
	}
	fmt.Println(check) // Config.HumanCheck

	// What the Service does with it:
	p := humancheck.Params{Binding: "print of number, purpose and address", Level: 2, Now: time.Now()}
	question, err := check.Ask(context.Background(), p)
	if err != nil {
		panic(err)
	}
	var challenge struct {
		Parameters struct{ Algorithm string }
	}
	_ = json.Unmarshal(question.Challenge.(json.RawMessage), &challenge)
	fmt.Println(question.Kind, challenge.Parameters.Algorithm)
	_, err = check.Verify(context.Background(), "an answer that is wrong", p)
	fmt.Println(err)
	// Output:
	// altcha
	// altcha PBKDF2/SHA-256
	// humancheck: wrong answer
}
