CREATE SCHEMA version1;
SET search_path = version1;
CREATE TABLE meta(version integer NOT NULL, ledger text NOT NULL);
CREATE TABLE scopes(
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, endpoint text NOT NULL, account text NOT NULL, key_fields text NOT NULL,
	next_slot timestamptz NOT NULL DEFAULT '-infinity', held_until timestamptz NOT NULL DEFAULT '-infinity',
	UNIQUE(endpoint, account));
CREATE TABLE runs(
	number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text NOT NULL UNIQUE, lock bigint NOT NULL,
	scope_id bigint NOT NULL REFERENCES scopes(id), host text NOT NULL, "user" text NOT NULL, file text NOT NULL,
	sha256 text NOT NULL, target text NOT NULL, rate double precision NOT NULL DEFAULT 0, paced_at timestamptz NOT NULL DEFAULT '-infinity',
	started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	ended_at timestamptz, exit_code integer NOT NULL DEFAULT 0, counts text NOT NULL DEFAULT '{}');
CREATE INDEX runs_open ON runs(scope_id) WHERE ended_at IS NULL;
CREATE TABLE partners(
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, scope_id bigint NOT NULL REFERENCES scopes(id), key uuid NOT NULL,
	fingerprint bytea NOT NULL, owner bigint NOT NULL REFERENCES runs(number), attempt integer NOT NULL,
	state text NOT NULL CHECK(state IN ('sending', 'created', 'rejected', 'released', 'in_doubt')),
	trace_id text NOT NULL, line bigint NOT NULL, claimed_at timestamptz NOT NULL, body bytea NOT NULL,
	settled_at timestamptz, http_status integer NOT NULL DEFAULT 0,
	reason bytea NOT NULL DEFAULT '', token text NOT NULL DEFAULT '', link text NOT NULL DEFAULT '',
	answer bytea NOT NULL DEFAULT '',
	UNIQUE(scope_id, key));
CREATE INDEX partners_open ON partners(state, owner) WHERE state IN ('sending', 'in_doubt');
CREATE TABLE attempts(
	partner_id bigint NOT NULL REFERENCES partners(id), attempt integer NOT NULL, owner bigint NOT NULL,
	trace_id text NOT NULL, http_status integer NOT NULL, verdict text NOT NULL, reason bytea NOT NULL,
	bytes bigint, at timestamptz, PRIMARY KEY(partner_id, attempt));
CREATE TABLE decisions(
	partner_id bigint NOT NULL REFERENCES partners(id), attempt integer NOT NULL, run bigint NOT NULL REFERENCES runs(number),
	state text NOT NULL, who text NOT NULL, why text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY(partner_id, attempt));
CREATE TABLE tracking(
	partner_id bigint PRIMARY KEY REFERENCES partners(id), state text NOT NULL, final boolean NOT NULL,
	platform_id text NOT NULL, user_id text NOT NULL, checked_at timestamptz NOT NULL);
CREATE FUNCTION claimed_again() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	INSERT INTO version1.attempts VALUES(
		old.id, old.attempt, old.owner, old.trace_id, old.http_status, old.state, old.reason, NULL, old.settled_at);
	RETURN NULL;
END $$;
CREATE TRIGGER claimed_again AFTER UPDATE OF attempt ON partners
	FOR EACH ROW WHEN (old.state <> 'sending') EXECUTE FUNCTION claimed_again();

INSERT INTO meta VALUES(1, 'abcdefghijklmnop');
INSERT INTO scopes(endpoint, account, key_fields) VALUES('http://127.0.0.1:8080', '1f2e3d4c', 'name,country');
INSERT INTO runs(id, lock, scope_id, host, "user", file, sha256, target, rate, paced_at, started_at, ended_at, exit_code, counts) VALUES
	('aaaaaaaaaaaaaaaa', 1, 1, 'north', 'ann', 'north.csv', 'd1', 'sandbox', 5, '2026-11-02 10:00Z', '2026-11-02 09:00Z', '2026-11-02 10:00Z', 4, '{"created": 2}'),
	('bbbbbbbbbbbbbbbb', 2, 1, 'south', 'bob', 'south.csv', 'd2', 'sandbox', 5, '2026-11-02 10:00Z', '2026-11-02 09:30Z', NULL, 0, '{}');
INSERT INTO partners(scope_id, key, fingerprint, owner, attempt, state, trace_id, line, claimed_at, body, settled_at, http_status, reason, token, link, answer) VALUES
	(1, '00000000-0000-0000-0000-000000000001', '\x01', 1, 1, 'created', 't1', 2, '2026-11-02 09:01Z', '{"a":1}', '2026-11-02 09:02Z', 200, '', 'synthetic-token-1', 'https://activation.example/1', ''),
	(1, '00000000-0000-0000-0000-000000000002', '\x02', 1, 1, 'rejected', 't2', 3, '2026-11-02 09:01Z', '{"a":2}', '2026-11-02 09:02Z', 400, 'no\000', '', '', ''),
	(1, '00000000-0000-0000-0000-000000000003', '\x03', 1, 2, 'released', 't3', 4, '2026-11-02 09:03Z', '{"a":3}', '2026-11-02 09:04Z', 429, 'later', '', '', ''),
	(1, '00000000-0000-0000-0000-000000000004', '\x04', 1, 1, 'in_doubt', 't4', 5, '2026-11-02 09:01Z', '{"a":4}', '2026-11-02 09:02Z', 502, 'a page', '', '', '<html>'),
	(1, '00000000-0000-0000-0000-000000000005', '\x05', 2, 1, 'sending', 't5', 6, '2026-11-02 09:31Z', '{"a":5}', NULL, 0, '', '', '', ''),
	(1, '00000000-0000-0000-0000-000000000006', '\x06', 1, 1, 'created', 't6', 7, '2026-11-02 09:01Z', '{"a":6}', '2026-11-02 09:40Z', 0, 'settled by ann', '', '', '');
INSERT INTO attempts VALUES(3, 1, 1, 't2a', 429, 'unprocessed', 'later', 600, '2026-11-02 09:03Z');
INSERT INTO decisions VALUES(6, 1, 1, 'created', 'ann', 'seen in the portal', '2026-11-02 09:40Z');
INSERT INTO tracking VALUES(1, 'progressing', false, '', '', '2026-11-02 09:50Z');
