package soak

// schemaSQL is the legacy system: a table, and triggers that write every change of it
// into a ledger, in the same transaction, whoever makes it. A change of the key is a
// deletion and an insertion there. transaction tells states that were committed from
// states that a later statement of the same transaction replaced; a connection that
// sets no @soak_transaction makes one change per transaction.
const schemaSQL = `
CREATE TABLE account (
  region  VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  code    VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  token   VARCHAR(80) NOT NULL,
  balance DECIMAL(12,2) NOT NULL DEFAULT 0,
  note    VARCHAR(200) NULL,
  PRIMARY KEY (region, code)
) ENGINE=InnoDB;

CREATE TABLE ledger (
  sequence    BIGINT AUTO_INCREMENT PRIMARY KEY,
  transaction VARCHAR(80) NOT NULL,
  operation   ENUM('write', 'delete') NOT NULL,
  region      VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  code        VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  token       VARCHAR(80) NOT NULL,
  balance     DECIMAL(12,2) NOT NULL,
  note        VARCHAR(200) NULL
) ENGINE=InnoDB;

CREATE TRIGGER account_insert AFTER INSERT ON account FOR EACH ROW
  INSERT INTO ledger (transaction, operation, region, code, token, balance, note)
  VALUES (IFNULL(@soak_transaction, CAST(UUID() AS CHAR(36))), 'write', NEW.region, NEW.code, NEW.token, NEW.balance, NEW.note);

CREATE TRIGGER account_delete AFTER DELETE ON account FOR EACH ROW
  INSERT INTO ledger (transaction, operation, region, code, token, balance, note)
  VALUES (IFNULL(@soak_transaction, CAST(UUID() AS CHAR(36))), 'delete', OLD.region, OLD.code, OLD.token, OLD.balance, OLD.note);

CREATE TRIGGER account_key_change AFTER UPDATE ON account FOR EACH ROW
  INSERT INTO ledger (transaction, operation, region, code, token, balance, note)
  SELECT IFNULL(@soak_transaction, CAST(UUID() AS CHAR(36))), 'delete', OLD.region, OLD.code, OLD.token, OLD.balance, OLD.note
  FROM DUAL WHERE OLD.region <> NEW.region OR OLD.code <> NEW.code;

CREATE TRIGGER account_update AFTER UPDATE ON account FOR EACH ROW FOLLOWS account_key_change
  INSERT INTO ledger (transaction, operation, region, code, token, balance, note)
  SELECT IFNULL(@soak_transaction, CAST(UUID() AS CHAR(36))), 'write', NEW.region, NEW.code, NEW.token, NEW.balance, NEW.note
  FROM DUAL WHERE NOT (OLD.region <=> NEW.region AND OLD.code <=> NEW.code AND OLD.token <=> NEW.token
    AND OLD.balance <=> NEW.balance AND OLD.note <=> NEW.note);
`

// mappingYAML is what the bridge is told about it.
const mappingYAML = `
apiVersion: bridge-apiserver.dev/v1alpha1
kind: Backend
metadata: {name: soak}
spec:
  mysql:
    dsnFrom: {env: BRIDGE_SOAK_DSN}
    watch: Auto
    pollInterval: 100ms
    maxOpenConns: 8
    timeZone: UTC
---
apiVersion: bridge-apiserver.dev/v1alpha1
kind: BridgedResource
metadata: {name: accounts.soak.example.com}
spec:
  group: soak.example.com
  version: v1
  scope: Namespaced
  names: {plural: accounts, singular: account, kind: Account}
  verbs: [get, list, watch, create, update, patch, delete]
  source:
    backend: soak
    mysql:
      table: account
      key:
        name: {columns: [code]}
        namespace: {column: region}
  fields:
  - {path: spec.token, column: token, number: 1, required: true}
  - {path: spec.balance, column: balance, number: 2, type: decimal, default: "0.00"}
  - {path: spec.note, column: note, number: 3}
  - {path: spec.code, column: code, number: 4, readOnly: true}
`

// regions are the namespaces.
var regions = []string{"east", "north", "south", "west"}

// plainCodes is how many keys are object names as they are; Kubernetes writers use
// these only, and everybody fights about them.
const plainCodes = 200

// oddCodes are keys whose object names have to be escaped.
var oddCodes = []string{"Order 7", "ÄÖÜ", "a/b", "x_y", "UPPER", "", "trailing ", "漢字"}

// rowKey is the key of a row.
type rowKey struct{ region, code string }

func (k rowKey) String() string { return k.region + "/" + k.code }
