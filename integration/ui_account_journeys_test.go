package integration

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// People change their number, on every journey: a sign-in that is too old, a wrong code, and back.
func TestUIAccountJourneys(t *testing.T) {
	h := newAccountHost(t)
	numbers := 0
	walk(t, h, func(w *walker) {
		numbers++
		typed := fmt.Sprintf("010 6179 79%02d", numbers)
		next := fmt.Sprintf("+20106179"+"79%02d", numbers)
		query := "?lang=" + journeys[w.name].lang
		w.open("/as?age=1h")
		w.at("/account/")
		w.open("/account/" + query)
		w.sees(w.words["account.title"])
		w.check("home")
		w.press(w.words["account.number.change"])
		w.sees(w.words["account.reauth.title"])
		w.check("is it you")
		w.press(w.words["account.send"])
		w.sees(w.words["label.code"])
		w.code(h.inbox.Code(w.t, cairo), "action.code")
		w.sees(w.words["account.number.new_title"])
		w.check("number")
		w.choose(w.words["label.country"], regionNames[journeys[w.name].lang])
		w.fill(w.words["label.phone"], typed)
		w.press(w.words["account.send"])
		w.sees(w.words["account.number.code_title"])
		w.check("code")
		code := h.inbox.Code(w.t, next)
		w.code(wrong(code), "account.number.change")
		w.wrongCode("account.number.change")
		w.code(code, "account.number.change")
		w.sees(w.words["account.title"])
		w.check("changed")
		w.press(w.words["account.delete.action"])
		w.press(w.words["account.send"])
		w.sees(beginning(w.words["error.rate_limited_moved"]))
		w.check("not yet")
	})
}

// regionNames are what Egypt is called.
var regionNames = map[string]string{"en": "Egypt", "de": "Ägypten", "ar": "مصر", "hi": "मिस्र"}

// People download their data and delete their account, on every journey.
func TestUIAccountDeletionJourneys(t *testing.T) {
	h := newAccountHost(t)
	walk(t, h, func(w *walker) {
		query := "?lang=" + journeys[w.name].lang
		w.open("/as?age=1h")
		w.at("/account/")
		w.open("/account/" + query + "&screen=export")
		w.sees(w.words["account.export.title"])
		w.check("export")
		w.press(w.words["account.send"])
		w.sees(w.words["account.export.download"])
		w.check("export code")
		w.press(w.words["account.back"])
		w.press(w.words["account.password.add"])
		w.sees(w.words["account.reauth.title"])
		w.press(w.words["account.back"])
		w.press(w.words["account.delete.action"])
		w.sees(w.words["account.delete.title"])
		w.check("delete")
		w.press(w.words["account.send"])
		w.sees(w.words["account.delete.code_title"])
		w.check("delete code")
		code := h.inbox.Code(w.t, cairo)
		w.fill(w.words["label.code"], wrong(code))
		w.press(w.words["account.delete.confirm"])
		w.wrongCode("account.delete.confirm")
		w.fill(w.words["label.code"], code)
		w.press(w.words["account.delete.confirm"])
		w.sees(w.words["account.delete.done_title"])
		w.check("deleted")
		state, err := h.svc.Inspect(w.t.Context(), cairo)
		require.NoError(w.t, err)
		require.Nil(w.t, state.User)
	})
}
