package ui

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"net/http"
	"strconv"
)

// segment is a part of an answer. Some parts are the same for everybody: they are compressed once,
// when the page is made. The other parts differ between requests, and a link may choose some of them.
// They are sent without compression, inside the same gzip stream. So the length of an answer tells
// only the length of these parts (BREACH), and no request costs a compression.
type segment struct {
	plain   []byte
	deflate []byte // plain in blocks of deflate, of which none is the last
}

// constant returns a compressed segment.
func constant(plain []byte) segment {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression)
	_, _ = w.Write(plain) // to memory
	_ = w.Flush()         // up to a whole byte
	return segment{plain, b.Bytes()}
}

// maxStored is the longest block that is not compressed (RFC 1951, 3.2.4).
const maxStored = 1<<16 - 1

// stored returns a segment that is not compressed.
func stored(plain []byte) segment {
	blocks := make([]byte, 0, len(plain)+5*(1+len(plain)/maxStored))
	for rest := plain; len(rest) > 0; {
		n := min(len(rest), maxStored)
		blocks = appendStored(blocks, rest[:n], 0)
		rest = rest[n:]
	}
	return segment{plain, blocks}
}

// appendStored appends one stored block. last is 1 for the last block of a stream.
func appendStored(to, data []byte, last byte) []byte {
	to = append(to, last)
	to = binary.LittleEndian.AppendUint16(to, uint16(len(data)))
	to = binary.LittleEndian.AppendUint16(to, ^uint16(len(data)))
	return append(to, data...)
}

// gzipHeader names the method, deflate, and nothing else (RFC 1952, 2.3).
var gzipHeader = []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff}

// gzipTrailer returns the last block, which is empty, and the trailer of segments.
func gzipTrailer(segments []segment) []byte {
	var sum, size uint32
	for _, s := range segments {
		sum = crc32.Update(sum, crc32.IEEETable, s.plain)
		size += uint32(len(s.plain))
	}
	end := appendStored(nil, nil, 1)
	end = binary.LittleEndian.AppendUint32(end, sum)
	return binary.LittleEndian.AppendUint32(end, size)
}

// writeSegments answers with segments.
func writeSegments(w http.ResponseWriter, r *http.Request, status int, segments []segment) {
	pieces := make([][]byte, 0, len(segments)+2)
	if acceptsGzip(r) {
		w.Header().Set("Content-Encoding", "gzip")
		pieces = append(pieces, gzipHeader)
		for _, s := range segments {
			pieces = append(pieces, s.deflate)
		}
		pieces = append(pieces, gzipTrailer(segments))
	} else {
		for _, s := range segments {
			pieces = append(pieces, s.plain)
		}
	}
	length := 0
	for _, piece := range pieces {
		length += len(piece)
	}
	w.Header().Set("Content-Length", strconv.Itoa(length))
	w.WriteHeader(status)
	for _, piece := range pieces {
		_, _ = w.Write(piece) // an error means that the client has disconnected
	}
}
