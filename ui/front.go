package ui

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"net/http"
	"strconv"
)

// front is the beginning of an answer that is the same for everybody. It is compressed
// once, when the page is made.
//
// The rest of the answer differs between requests, and a link may choose a part of it. The rest is
// sent without compression, inside the same gzip stream. So the length of the answer tells only
// the length of the rest (BREACH), and no request costs a compression.
type front struct {
	plain    []byte
	gzipped  []byte // the header of gzip, and blocks of which none is the last
	checksum uint32 // of plain
}

// gzipHeader names the method, deflate, and nothing else (RFC 1952, 2.3).
var gzipHeader = []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff}

func newFront(plain []byte) *front {
	b := bytes.NewBuffer(bytes.Clone(gzipHeader))
	w, _ := flate.NewWriter(b, flate.BestCompression)
	_, _ = w.Write(plain) // to memory
	_ = w.Flush()         // up to a whole byte
	return &front{plain, b.Bytes(), crc32.ChecksumIEEE(plain)}
}

// maxStored is the longest block that is not compressed (RFC 1951, 3.2.4).
const maxStored = 1<<16 - 1

// end returns what completes gzipped: rest in blocks that are not compressed, and the
// trailer.
func (f *front) end(rest []byte) []byte {
	end := make([]byte, 0, len(rest)+5*(1+len(rest)/maxStored)+8)
	sum := crc32.Update(f.checksum, crc32.IEEETable, rest)
	size := uint32(len(f.plain) + len(rest))
	for last := false; !last; {
		n := min(len(rest), maxStored)
		last = n == len(rest)
		head := byte(0)
		if last {
			head = 1
		}
		end = append(end, head)
		end = binary.LittleEndian.AppendUint16(end, uint16(n))
		end = binary.LittleEndian.AppendUint16(end, ^uint16(n))
		end = append(end, rest[:n]...)
		rest = rest[n:]
	}
	end = binary.LittleEndian.AppendUint32(end, sum)
	return binary.LittleEndian.AppendUint32(end, size)
}

// serve answers with f and rest.
func (f *front) serve(w http.ResponseWriter, r *http.Request, rest []byte) {
	begin := f.plain
	if acceptsGzip(r) {
		w.Header().Set("Content-Encoding", "gzip")
		begin, rest = f.gzipped, f.end(rest)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(begin)+len(rest)))
	_, _ = w.Write(begin) // an error means that the client has disconnected
	_, _ = w.Write(rest)
}
