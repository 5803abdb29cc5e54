package sqlstore

import (
	"context"
	"sync"
)

// queues hold the steps of one process that were rolled back, one queue for each key. In a cluster whose
// nodes certify writes, steps that meet at one row are not told to wait: all but one of them fail, and
// so does nearly every one that tries again while others do. With n callers each of them fails about n times.
// In a queue only one step of the process tries at a time. So it meets those of other processes, and
// no longer its own. Steps with other keys do not wait for it.
//
// The zero value is ready. A nil *queues lets everybody pass.
type queues struct {
	mu  sync.Mutex
	all map[string]*queue
}

// queue is for one key. There is one only while somebody is in it.
type queue struct {
	first  chan struct{} // holds a token while somebody is the first
	inside int           // who waits, and who is the first
}

// enter waits until the caller is the first in the queue of key, or ctx ends. Call leave after that,
// unless there is an error. With begin false it does nothing where there is no queue, and leave is nil.
func (q *queues) enter(ctx context.Context, key string, begin bool) (leave func(), err error) {
	if q == nil || key == "" {
		return nil, nil
	}
	q.mu.Lock()
	of := q.all[key]
	if of == nil {
		if !begin {
			q.mu.Unlock()
			return nil, nil
		}
		if q.all == nil {
			q.all = map[string]*queue{}
		}
		of = &queue{first: make(chan struct{}, 1)}
		q.all[key] = of
	}
	of.inside++
	q.mu.Unlock()

	select {
	case of.first <- struct{}{}:
		return func() {
			<-of.first
			q.left(key, of)
		}, nil
	case <-ctx.Done():
		q.left(key, of)
		return nil, ctx.Err()
	}
}

// left says that somebody has left the queue.
func (q *queues) left(key string, of *queue) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if of.inside--; of.inside == 0 {
		delete(q.all, key)
	}
}

// firstOf returns the first key of the lists, or "". The rows of a phone come first: who hammers at one
// phone delays nobody else.
func firstOf(lists ...[]string) string {
	for _, keys := range lists {
		if len(keys) > 0 {
			return keys[0]
		}
	}
	return ""
}
