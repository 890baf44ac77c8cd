-- A ledger as version 1 of the format made it: the schema's text of that time, and a partner in every state.
CREATE TABLE scopes(
	id INTEGER PRIMARY KEY, endpoint TEXT NOT NULL, account TEXT NOT NULL, key_fields TEXT NOT NULL,
	UNIQUE(endpoint, account));
CREATE TABLE runs(
	id TEXT NOT NULL UNIQUE, number INTEGER PRIMARY KEY, scope_id INTEGER NOT NULL REFERENCES scopes(id),
	host TEXT NOT NULL, user TEXT NOT NULL, file TEXT NOT NULL, sha256 TEXT NOT NULL, target TEXT NOT NULL,
	started_at INTEGER NOT NULL, ended_at INTEGER NOT NULL DEFAULT 0, exit_code INTEGER NOT NULL DEFAULT 0,
	counts TEXT NOT NULL DEFAULT '{}');
CREATE TABLE partners(
	id INTEGER PRIMARY KEY, scope_id INTEGER NOT NULL REFERENCES scopes(id), key BLOB NOT NULL,
	fingerprint BLOB NOT NULL, owner INTEGER NOT NULL REFERENCES runs(number), attempt INTEGER NOT NULL,
	state TEXT NOT NULL CHECK(state IN ('sending', 'created', 'rejected', 'released', 'in_doubt')),
	trace_id TEXT NOT NULL, line INTEGER NOT NULL, claimed_at INTEGER NOT NULL, body BLOB NOT NULL,
	settled_at INTEGER NOT NULL DEFAULT 0, http_status INTEGER NOT NULL DEFAULT 0,
	reason TEXT NOT NULL DEFAULT '', token TEXT NOT NULL DEFAULT '', link TEXT NOT NULL DEFAULT '',
	answer TEXT NOT NULL DEFAULT '',
	UNIQUE(scope_id, key));
CREATE INDEX open ON partners(state, owner) WHERE state = 'sending' OR state = 'in_doubt';
CREATE TABLE attempts(
	partner_id INTEGER NOT NULL REFERENCES partners(id), attempt INTEGER NOT NULL, owner INTEGER NOT NULL,
	trace_id TEXT NOT NULL, http_status INTEGER NOT NULL, verdict TEXT NOT NULL, reason TEXT NOT NULL,
	bytes INTEGER, at INTEGER NOT NULL, PRIMARY KEY(partner_id, attempt)) WITHOUT ROWID;
CREATE TABLE decisions(
	partner_id INTEGER NOT NULL REFERENCES partners(id), attempt INTEGER NOT NULL, run INTEGER NOT NULL REFERENCES runs(number),
	state TEXT NOT NULL, who TEXT NOT NULL, why TEXT NOT NULL, at INTEGER NOT NULL);
CREATE TRIGGER claimed_again AFTER UPDATE OF attempt ON partners WHEN old.state <> 'sending' BEGIN
	INSERT INTO attempts VALUES(
		old.id, old.attempt, old.owner, old.trace_id, old.http_status, old.state, old.reason, NULL, old.settled_at);
END;
PRAGMA application_id = 1330528836;
PRAGMA user_version = 1;
INSERT INTO scopes VALUES(1, 'http://127.0.0.1:8080', '1f2e3d4c', 'name,country');
INSERT INTO runs VALUES('a2b3c4d5e6', 1, 1, 'desk', 'ann', 'partners.csv', '00ff', 'sandbox', 1700000000000, 1700000060000, 4, '{"created": 2}');
INSERT INTO partners VALUES(1, 1, x'00000000000000000000000000000001', x'01', 1, 1, 'created', '00000000-0000-4000-8000-000000000001',
	2, 1700000001000, '{}', 1700000002000, 200, '', 'synthetic-token-1', 'https://activation.example/partner?t=synthetic-token-1', '');
INSERT INTO partners VALUES(2, 1, x'00000000000000000000000000000002', x'02', 1, 1, 'rejected', '00000000-0000-4000-8000-000000000002',
	3, 1700000001000, '{}', 1700000002000, 400, 'no', '', '', '');
INSERT INTO partners VALUES(3, 1, x'00000000000000000000000000000003', x'03', 1, 2, 'released', '00000000-0000-4000-8000-000000000003',
	4, 1700000001000, '{}', 1700000002000, 429, 'later', '', '', '');
INSERT INTO partners VALUES(4, 1, x'00000000000000000000000000000004', x'04', 1, 1, 'in_doubt', '00000000-0000-4000-8000-000000000004',
	5, 1700000001000, '{}', 1700000002000, 0, 'no answer', '', '', 'half an answ');
INSERT INTO partners VALUES(5, 1, x'00000000000000000000000000000005', x'05', 1, 1, 'sending', '00000000-0000-4000-8000-000000000005',
	6, 1700000001000, '{}', 0, 0, '', '', '', '');
INSERT INTO attempts VALUES(3, 1, 1, '00000000-0000-4000-8000-000000000013', 429, 'unprocessed', 'later', 300, 1700000001500);
INSERT INTO decisions VALUES(1, 1, 1, 'created', 'ann@desk', 'found', 1700000002000);
