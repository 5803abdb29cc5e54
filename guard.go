package phoneauth

import (
	"context"
	"time"
)

// storeDeadline bounds every call of the store.
const storeDeadline = 2 * time.Second

// guarded is s with a deadline for every call, and with every error either an answer that
// store.go names or ErrUnavailable.
func guarded(s Store) Store {
	return WrapStore(s, func(ctx context.Context, verb string, call func(context.Context) error) error {
		ctx, cancel := context.WithTimeout(ctx, storeDeadline)
		defer cancel()
		err := call(ctx)
		if err == nil || IsAnswer(err) {
			return err
		}
		return &unavailable{verb, err}
	})
}
