package lmpi

import (
	"net"
	"unsafe"

	"golang.org/x/sys/windows"
)

var ioctlsocket = windows.NewLazySystemDLL("ws2_32.dll").NewProc("ioctlsocket")

const fionread = 0x4004667f // winsock2.h: how many bytes can be read at once

// readable says whether a Read would return at once, with a byte. The end of a
// connection can't be told from nothing here.
func readable(conn *net.TCPConn) bool {
	raw, err := conn.SyscallConn()
	if err != nil {
		return true
	}
	var n uint32
	err = raw.Control(func(fd uintptr) {
		_, _, _ = ioctlsocket.Call(fd, fionread, uintptr(unsafe.Pointer(&n)))
	})
	return err != nil || n > 0
}
