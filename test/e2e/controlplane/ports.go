package controlplane

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// FreePort picks a loopback port below the range that the kernel gives to outgoing
// connections, so that it is still free when a program that was stopped comes back.
func FreePort() (int, error) {
	var err error
	for range 100 {
		port := 20_000 + rand.IntN(12_000)
		var listener net.Listener
		listener, err = net.Listen("tcp4", loopback(port))
		if err == nil {
			return port, listener.Close()
		}
	}
	return 0, fmt.Errorf("find a free port: %w", err)
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
