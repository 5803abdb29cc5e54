package integration

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
)

// Ports of servers are from lowestPort up to here. Systems give connections higher ones.
const lowestPort, portsOfServers = 15_000, 17_000

// chosenPorts are those that freePort has returned.
var chosenPorts sync.Map

// freePort returns a port of loopback for a server that is still to start. No connection takes it meanwhile,
// as it might take a port that the system has chosen, and freePort returns no port twice.
func freePort() (int, error) {
	err := errors.New("no port is left")
	for range 1000 {
		port := lowestPort + rand.IntN(portsOfServers)
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
