package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"onboard/pkg/batch"
	"onboard/pkg/lmpi"
	"onboard/pkg/partner"
	"onboard/pkg/sheet"
)

// attemptLog is the structured log. It names rows by line and trace id, never
// by what stands in them.
type attemptLog struct {
	*zap.Logger
	file *os.File
}

// openLog appends to a file that only its owner can read; without a file it
// logs nowhere.
func openLog(path, level string) (*attemptLog, error) {
	least, err := zapcore.ParseLevel(level)
	if err != nil {
		return nil, fmt.Errorf("--log-level %q is not known; hint: debug, info, warn or error", level)
	}
	if path == "" {
		return &attemptLog{Logger: zap.NewNop()}, nil
	}
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("--log-file %s is not an ordinary file; hint: name another one", path)
	}
	if err := isLog(path); err != nil {
		return nil, fmt.Errorf("--log-file %s: %w; hint: name another file, or a new one", path, err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err == nil {
		err = f.Chmod(0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("--log-file: %w", err)
	}
	encoding := zap.NewProductionEncoderConfig()
	encoding.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	return &attemptLog{zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(encoding), f, least)), f}, nil
}

// longestLogLine is more than any line of the log has, in bytes.
const longestLogLine = 64 << 10

// isLog refuses to append to what is no log, such as a sheet or a ledger. One that others
// write to as well is a log if it begins with a JSON object on a line of its own.
func isLog(path string) error {
	f, err := sheet.OpenFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, longestLogLine))
	line, _, _ := bytes.Cut(head, []byte("\n"))
	if err == nil && len(head) > 0 && (line[0] != '{' || !json.Valid(line)) {
		err = errors.New("it is there already, and is no log")
	}
	return err
}

func (l *attemptLog) close() {
	if l.file != nil {
		_ = l.file.Close()
	}
}

// attempt logs one request and what became of it.
func (l *attemptLog) attempt(a batch.Attempt) {
	level := zapcore.InfoLevel
	if a.Answer.Stop {
		level = zapcore.ErrorLevel
	} else if o := a.Answer.Outcome; o != lmpi.Created && o != lmpi.Told {
		level = zapcore.WarnLevel
	}
	entry := l.Check(level, "attempt")
	if entry == nil { // nobody reads it
		return
	}
	fields := []zap.Field{
		zap.Int("line", a.Line), zap.Int("attempt", a.Number), zap.String("trace_id", a.TraceID),
		zap.Int("status", a.Answer.Status), zap.String("outcome", a.Answer.Outcome.String()),
		zap.String("subject", a.Answer.Subject), zap.Int64("bytes_written", a.Answer.BytesWritten),
		zap.String("failure", a.Answer.Failure.String()),
		zap.Float64("ms", float64(a.Answer.Elapsed.Microseconds())/1000)}
	if !a.Answer.Begun.IsZero() {
		fields = append(fields, zap.Time("begun", a.Answer.Begun.UTC()))
	}
	entry.Write(fields...)
}

// stop logs that no further request begins; of one that had begun the line comes
// later.
func (l *attemptLog) stop(stop *batch.Stop) { l.Warn("stop", zap.String("reason", stop.Reason)) }

// held logs that nothing begins for a while, as another run was asked to wait.
func (l *attemptLog) held(d time.Duration) { l.Warn("pause", zap.Duration("another_run_waits", d)) }

// end logs how the run ended.
func (l *attemptLog) end(stop *batch.Stop, counts map[partner.Status]int) {
	fields := make([]zap.Field, 0, len(counts)+1)
	for _, s := range partner.Statuses {
		if n := counts[s]; n > 0 {
			fields = append(fields, zap.Int(string(s), n))
		}
	}
	if stop != nil {
		fields = append(fields, zap.String("stopped", stop.Reason))
	}
	l.Info("end", fields...)
}
