package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"onboard/pkg/pace"
	"onboard/pkg/report"
	"onboard/pkg/sandbox"
)

type sandboxFlags struct {
	listen     string
	rate       string
	retryAfter time.Duration
	latency    time.Duration
	onboarding time.Duration
	faults     []string
	state      string
	seed       int64
}

func newSandbox(c *console) *cobra.Command {
	var flags sandboxFlags
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Serve the documented API on this machine, for rehearsal",
		Long: `Sandbox serves the onboarding API, as far as it is documented, on a loopback
address. It verifies every request as the API does, creates partners with
invented tokens and links, and can be told to fail:

  --fault 429-retry:10%           a tenth of the creations, by chance
  --fault '500@Acme Ltd'          the companies with that in their names
  --fault reset-after#3           the third request
  --fault 503-retry#5x4           requests 5 to 8

'onboard sandbox --fault list' lists the faults. It takes the credentials of the
environment, or makes new ones and prints them, as lines for a shell or for a
--credentials file. With --state they are those of the last time.`,
		Example: `  onboard sandbox
  onboard sandbox --rate-limit 5/s --latency 200ms --fault 429:5%`,
		Annotations: map[string]string{exitText: `  0    ended by Ctrl-C
  2    it could not start, or a caller broke a rule of the API`},
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return serveSandbox(c, &flags) },
	}
	f := cmd.Flags()
	f.StringVar(&flags.listen, "listen", "127.0.0.1:8700", "`ADDRESS`: loopback address and port")
	f.StringVar(&flags.rate, "rate-limit", "", "`RATE`: answer 429 to more requests than that: 5/s, 90/m (default: no limit)")
	f.DurationVar(&flags.retryAfter, "retry-after", 0, "`TIME`: pause to ask for with the 429 of the rate limit")
	f.DurationVar(&flags.latency, "latency", 0, "`TIME`: how long each answer takes")
	f.StringArrayVar(&flags.faults, "fault", nil, "`FAULT`: answer with a fault; may be given several times; 'list' lists them")
	f.DurationVar(&flags.onboarding, "onboarding", 0, "`TIME`: time from a creation to the success of its onboarding, for onboard track")
	f.StringVar(&flags.state, "state", "", "`FILE`: file that keeps what was created, across restarts")
	f.Int64Var(&flags.seed, "seed", 1, "`N`: number that makes chance repeatable")
	return cmd
}

func serveSandbox(c *console, flags *sandboxFlags) error {
	config := sandbox.Config{Addr: flags.listen, RetryAfter: flags.retryAfter,
		Latency: flags.latency, State: flags.state, Seed: flags.seed, SettleAfter: flags.onboarding, Forget: true}
	own := os.Getenv(tokenVariable) == "" || os.Getenv(secretVariable) == ""
	if !own {
		config.AccessToken, config.SecretKey = os.Getenv(tokenVariable), os.Getenv(secretVariable)
	}
	for _, text := range flags.faults {
		if text == "list" {
			return listFaults(c)
		}
		rule, err := sandbox.ParseRule(text)
		if err != nil {
			return fmt.Errorf("--fault: %w", err)
		}
		config.Faults = append(config.Faults, rule)
	}
	if flags.rate != "" {
		var err error
		if config.RateLimit, err = pace.ParseRate(flags.rate); err != nil {
			return fmt.Errorf("--rate-limit: %w", err)
		}
	}
	server := sandbox.New(config)
	address, stop, err := server.Start()
	var taken *net.OpError
	if errors.As(err, &taken) {
		err = fmt.Errorf("%w; hint: another place is --listen 127.0.0.1:0, which takes a free port", err)
	}
	if err != nil {
		return err
	}
	defer stop()
	c.say("The sandbox listens on %s; Ctrl-C ends it. In another window:\n", address)
	if own {
		token, secret := server.Credentials()
		c.say("  export %s=%s\n  export %s=%s", tokenVariable, token, secretVariable, secret)
	}
	c.say("  onboard submit partners.csv --target %s", address)
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	<-caught
	signal.Stop(caught)
	stats := server.Snapshot()
	created := server.Creations()
	different := map[string]bool{}
	for _, p := range created {
		different[p.Company+"\x00"+p.Country] = true
	}
	c.say("\n%s, %s created, %d of them a second time", report.Count(stats.Requests, "request"), report.Count(len(created), "partner"), len(created)-len(different))
	if len(stats.Violations) > 0 {
		return errors.New("the caller broke a rule: " + stats.Violations[0])
	}
	return nil
}

func listFaults(c *console) error {
	for _, f := range sandbox.Faults() {
		created := ""
		if f.Creates {
			created = " (the partner is created)"
		}
		fmt.Fprintf(c.out, "%-16s %s%s\n", f.Name, f.About, created)
	}
	return nil
}
