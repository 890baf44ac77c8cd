package sandbox

// byName finds a kind of fault.
var byName = func() map[Fault]*kind {
	m := map[Fault]*kind{}
	for i := range kinds {
		m[Fault(kinds[i].Name)] = &kinds[i]
	}
	return m
}()

// short builds the commonest kinds: a status with an error in the API's form.
func short(name string, status int, subject, about string) kind {
	return kind{FaultInfo: FaultInfo{Name: name, About: about}, status: status, subject: subject}
}

// gateway is an answer that a machine before the API would give: a page.
func gateway(name string, status int, about string) kind {
	return kind{FaultInfo: FaultInfo{Name: name, About: about}, status: status, body: page}
}

func (k kind) creates() kind { k.Creates = true; return k }
func (k kind) retries() kind { k.retry = true; return k }
func (k kind) ends() kind    { k.stops = true; return k }

// broken is a fault of the connection. A status of 0 says that no whole status line or header block is sent.
func broken(name string, status int, w wire, about string) kind {
	return kind{FaultInfo: FaultInfo{Name: name, About: about}, status: status, body: created, wire: w}
}

// success is an answer with a status of success that is not the documented one.
func success(name string, status int, body, about string) kind {
	return kind{FaultInfo: FaultInfo{Name: name, About: about, Creates: true}, status: status, body: body}
}

var kinds = []kind{
	short("400", 400, "InvalidParametersCompanyName", "400, the API refuses a field"),
	short("400-unknown", 400, "SomethingUndocumented", "400 with a subject that is in no table"),
	short("400-header", 400, "MissingHeaderTraceID", "400, the API misses a header").ends(),
	short("401", 401, "AuthenticationFailureSignature", "401, the signature is refused").ends(),
	short("401-clock", 401, "AuthenticationFailurePosixTime", "401, with a Date 20 minutes ahead").ends(),
	gateway("403", 403, "403 from a gateway").ends(),
	gateway("404", 404, "404 from a gateway").ends(),
	gateway("405", 405, "405 from a gateway").ends(),
	gateway("408", 408, "408, not created"),
	gateway("408-after", 408, "408, though created").creates(),
	gateway("409", 409, "409"),
	gateway("413", 413, "413 from a gateway"),
	short("415", 415, "InvalidHeaderContentType", "415, the content type is refused").ends(),
	gateway("418", 418, "a status that nobody foresees, not created"),
	gateway("421", 421, "421, refused unprocessed"),
	gateway("422", 422, "422"),
	gateway("425", 425, "425, refused unprocessed"),
	short("429", 429, "TooManyRequests", "429 without Retry-After"),
	short("429-retry", 429, "TooManyRequests", "429 with Retry-After").retries(),

	short("500", 500, "InternalError", "500 InternalError, not created"),
	short("500-after", 500, "InternalError", "500 InternalError, though created").creates(),
	short("500-mapping", 500, "InternalMappingError", "500 InternalMappingError, not created"),
	short("500-cspi", 500, "CSPIError", "500 CSPIError, not created"),
	short("500-exception", 500, "ServerException", "500 ServerException, not created"),
	gateway("502", 502, "502, not created"),
	gateway("502-after", 502, "502, though created").creates(),
	gateway("503", 503, "503 without Retry-After, not created"),
	gateway("503-after", 503, "503 without Retry-After, though created").creates(),
	gateway("503-retry", 503, "503 with Retry-After, not created").retries(),
	gateway("504", 504, "504, not created"),
	gateway("504-after", 504, "504, though created").creates(),

	gateway("301", 301, "301, not created").ends(),
	gateway("302", 302, "302, not created").ends(),
	gateway("303", 303, "303, the usual answer after a success: created").creates().ends(),
	gateway("307", 307, "307, not created").ends(),
	gateway("308", 308, "308, not created").ends(),

	success("201", 201, created, "201 with token and link, created"),
	success("202", 202, "", "202 without a body, created"),
	success("204", 204, "", "204, created"),
	gateway("html-200", 200, "200 with a page from somebody else, not created"),
	success("not-json", 200, prose, "200 with prose, created"),
	success("empty-token", 200, emptyToken, "200 with an empty token, created"),
	success("no-link", 200, noLink, "200 without a link, created"),
	success("huge", 200, created, "200 with an answer of 4 MiB, created"),

	broken("cut-json", 200, cutBody, "200, then half the JSON and a regular end: no Content-Length, created").creates(),
	broken("short-length", 200, shortBody, "200, with half the body that Content-Length promises, created").creates(),
	broken("cut-headers", 0, cutHeaders, "the connection ends within the header block, created").creates(),
	broken("timeout-before", 0, hang, "never an answer, not created"),
	broken("timeout-after", 0, hang, "never an answer, though created").creates(),
	broken("reset-before", 0, reset, "the connection is reset after the request, not created"),
	broken("reset-after", 0, reset, "the connection is reset after the request, though created").creates(),
	broken("close-before", 0, closed, "the connection is closed after the request, not created"),
	broken("close-after", 0, closed, "the connection is closed after the request, though created").creates(),
}
