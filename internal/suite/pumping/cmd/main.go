// Command cmd prints the tables of docs/security.md about the human check. With -quick it
// prints the rows that a test holds, and with -only those whose first cells contain a text.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/phoneauth/phoneauth/internal/suite/pumping"
)

func main() {
	quick := flag.Bool("quick", false, "print only the rows that take some seconds")
	only := flag.String("only", "", "print only the rows whose first cells contain this")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	wanted := func(r pumping.Row) bool {
		return (r.Quick || !*quick) && strings.Contains(strings.Join(r.Name, " | "), *only)
	}
	if err := run(ctx, wanted); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// result is a line that some goroutine makes.
type result struct {
	line string
	err  error
}

// run runs the rows that are wanted, as many at once as there are CPUs, and prints them in their order.
func run(ctx context.Context, wanted func(pumping.Row) bool) error {
	began := time.Now()
	places := make(chan struct{}, runtime.GOMAXPROCS(0))
	var work sync.WaitGroup
	defer work.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	tables := pumping.Tables()
	lines := make([][]chan result, len(tables))
	for i, table := range tables {
		for _, row := range table.Rows {
			if !wanted(row) {
				continue
			}
			made := make(chan result, 1)
			lines[i] = append(lines[i], made)
			work.Go(func() {
				places <- struct{}{}
				defer func() { <-places }()
				line, err := row.Line(ctx)
				made <- result{line, err}
			})
		}
	}
	for i, table := range tables {
		fmt.Println(table.Title())
		for _, made := range lines[i] {
			r := <-made
			if r.err != nil {
				return r.err
			}
			fmt.Println(r.line)
		}
		fmt.Println()
	}
	fmt.Fprintln(os.Stderr, "It took", time.Since(began).Round(time.Second))
	return nil
}
