package integration

import "syscall"

// ownGroup also ends the process when the test binary is killed, or runs into its
// -timeout.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
