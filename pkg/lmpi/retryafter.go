package lmpi

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// retryAfterMax saturates: nobody waits longer, and arithmetic stays safe.
const retryAfterMax = 100 * time.Hour

// retryAfter reads the Retry-After headers of an answer (RFC 9110, 10.2.3): seconds
// or a date, which counts from now, the server's Date where it gave one. The largest
// of several wins; what is neither is ignored.
func retryAfter(values []string, now time.Time) (longest time.Duration, found bool) {
	for _, value := range values {
		if d, ok := retryAfterValue(strings.TrimSpace(value), now); ok {
			longest, found = max(longest, d), true
		}
	}
	return longest, found
}

func retryAfterValue(value string, now time.Time) (time.Duration, bool) {
	if value != "" && strings.Trim(value, "0123456789") == "" {
		seconds, err := strconv.ParseInt(value, 10, 64)
		if err != nil || seconds > int64(retryAfterMax/time.Second) {
			return retryAfterMax, true
		}
		return time.Duration(seconds) * time.Second, true
	}
	date, err := http.ParseTime(value)
	return min(max(date.Sub(now), 0), retryAfterMax), err == nil
}
