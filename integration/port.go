package integration

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
)

// Servers get ports from lowestPort to highestPort. Systems give connections higher ones.
const lowestPort, highestPort = 15_000, 31_999

// chosenPorts are those that freePort has returned.
var chosenPorts sync.Map

// freePort returns a port of loopback for a server that is still to start. No connection takes the port
// meanwhile. freePort returns no port twice. Callers may be many at once.
func freePort() (int, error) {
	err := errors.New("no port is left")
	for range 1000 {
		port := lowestPort + rand.IntN(highestPort-lowestPort+1)
		if _, chosen := chosenPorts.LoadOrStore(port, true); chosen {
			continue
		}
		var l net.Listener
		if l, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return port, l.Close()
		}
	}
	return 0, err
}
