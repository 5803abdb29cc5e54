package failover_test

import (
	"context"
	"fmt"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/phonetest"
	"github.com/phoneauth/phoneauth/senders/failover"
)

func Example() {
	ctx := context.Background()
	egypt, anywhere := phonetest.New(), phonetest.New()
	sender, err := failover.New(failover.Config{Senders: []failover.Entry{
		{Name: "egypt", Sender: egypt, Regions: []string{"EG"}},
		{Name: "anywhere", Sender: anywhere},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	egypt.FailNext(nil, phonetest.Temporary, phonetest.Ambiguous)
	for range 3 {
		receipt, err := sender.Send(ctx, phoneauth.Message{To: phoneauth.StoredPhone("+201061797840"), Body: "Hello."})
		fmt.Println(receipt.Sender, err)
	}
	// Output:
	// egypt <nil>
	// anywhere <nil>
	// egypt phoneauth: send: ambiguous, sender (phonetest)
}
