package sandbox

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"time"
)

const (
	contentType  = "application/json; charset=utf-8"
	maxSkew      = 15 * time.Minute // the API's page on its headers
	maxSignature = 90               // characters, the same page
)

var guid = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)

// required are the headers whose absence is a 400, with the subject that names each.
var required = []struct{ header, subject string }{
	{"X-Access-Token", "MissingHeaderAccessToken"},
	{"X-Posix-Time", "MissingHeaderPosixTime"},
	{"X-Signature", "MissingHeaderSignature"},
	{"X-Traceid", "MissingHeaderTraceID"},
}

// verify checks that the request arrived whole and carries the documented headers and a signature of exactly what was sent.
func (s *Server) verify(v *visit) error {
	if v.tooLarge() {
		return refuse(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "the body is over 1 MB")
	}
	if v.readErr != nil {
		return refuse(http.StatusBadRequest, "InvalidParametersBody", "the body did not arrive whole")
	}
	if v.Header.Get("Content-Type") != contentType {
		return refuse(http.StatusUnsupportedMediaType, "InvalidHeaderContentType", "content-type must be "+contentType)
	}
	for _, need := range required {
		if v.Header.Get(need.header) == "" {
			return refuse(http.StatusBadRequest, need.subject, need.header+" is missing")
		}
	}
	return s.authenticate(v)
}

// tooLarge tells whether the body was cut at maxBody.
func (v *visit) tooLarge() bool {
	_, ok := errors.AsType[*http.MaxBytesError](v.readErr)
	return ok
}

func (s *Server) authenticate(v *visit) error {
	token, stamp := v.Header.Get("X-Access-Token"), v.Header.Get("X-Posix-Time")
	if !guid.MatchString(token) {
		return unauthorized("InvalidHeaderAccessToken", "x-access-token is not a GUID")
	}
	if !hmac.Equal([]byte(token), []byte(s.cfg.AccessToken)) {
		return unauthorized("AuthenticationFailureAccessToken", "x-access-token is not known")
	}
	seconds, ok := posixTime(stamp)
	if !ok || v.at.Sub(time.Unix(seconds, 0)).Abs() > maxSkew {
		return unauthorized("AuthenticationFailurePosixTime", "x-posix-time is not within 15 minutes of the server's clock")
	}
	signature := v.Header.Get("X-Signature")
	if want := s.sign(stamp, v); len(signature) > maxSignature || !hmac.Equal([]byte(signature), []byte(want)) {
		return unauthorized("AuthenticationFailureSignature", "x-signature does not fit the request")
	}
	return nil
}

// sign computes what x-signature must be: base64 of HMAC-SHA256, keyed with the secret as text, over time, method, request
// URI as sent and, where there is a body, the base64 of its MD5.
func (s *Server) sign(stamp string, v *visit) string {
	mac := hmac.New(sha256.New, []byte(s.cfg.SecretKey))
	mac.Write([]byte(stamp + v.Method + v.RequestURI))
	if len(v.body) > 0 {
		sum := md5.Sum(v.body)
		mac.Write([]byte(base64.StdEncoding.EncodeToString(sum[:])))
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// posixTime reads Unix seconds written in digits only.
func posixTime(text string) (seconds int64, ok bool) {
	n, err := strconv.ParseUint(text, 10, 63)
	return int64(n), err == nil
}

func unauthorized(subject, message string) error {
	return refuse(http.StatusUnauthorized, subject, message)
}
