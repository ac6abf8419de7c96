CREATE TABLE CUST_MASTER (
  CUST_NO      INT UNSIGNED  NOT NULL,
  REGION       VARCHAR(20)   NOT NULL,
  CUST_NM      VARCHAR(80)   NOT NULL,
  STATUS       CHAR(1)       NOT NULL DEFAULT 'A',
  TIER         VARCHAR(10)   NULL,
  PARENT_NO    INT UNSIGNED  NOT NULL DEFAULT 0,
  CREDIT_LIMIT DECIMAL(12,2) NOT NULL DEFAULT '0.00',
  BALANCE      DECIMAL(12,2) NOT NULL DEFAULT '0.00',
  IS_DELETED   TINYINT       NOT NULL DEFAULT 0,
  CREATED_AT   DATETIME      NOT NULL,
  PRIMARY KEY (CUST_NO)
);
CREATE TABLE ORD_HEAD (
  ORD_ID    INT           NOT NULL AUTO_INCREMENT,
  CUST_NO   INT UNSIGNED  NOT NULL,
  STATE     VARCHAR(10)   NOT NULL DEFAULT 'N',
  TOTAL     DECIMAL(12,2) NOT NULL,
  PLACED_AT DATETIME      NOT NULL,
  PRIMARY KEY (ORD_ID)
);
CREATE TABLE STOCK (
  WHSE     VARCHAR(8)  NOT NULL,
  ITEM_CD  VARCHAR(24) NOT NULL,
  DESCR    VARCHAR(60) NULL,
  ON_HAND  INT         NOT NULL DEFAULT 0,
  RESERVED INT         NOT NULL DEFAULT 0,
  BIN_LOC  VARCHAR(12) NULL,
  PRIMARY KEY (WHSE, ITEM_CD)
);
INSERT INTO CUST_MASTER VALUES
  (10017, 'north', 'Brandt Tools & Sons', 'A', 'gold',   0,     '50000.00', '1250.40',  0, '2003-04-11 08:15:00'),
  (10042, 'north', 'Fjord Marine Supply', 'A', 'silver', 0,     '20000.00', '310.00',   0, '2005-11-02 13:40:21'),
  (10043, 'north', 'Fjord Marine Bergen', 'A', 'silver', 10042, '5000.00',  '0.00',     0, '2009-06-19 09:02:10'),
  (10108, 'south', 'Olive Grove Foods',   'A', 'gold',   0,     '80000.00', '12004.75', 0, '2001-01-30 16:20:00'),
  (10131, 'south', 'Café Lumière',        'I', NULL,     0,     '0.00',     '0.00',     0, '1999-12-31 23:59:59'),
  (10200, 'west',  'Harbour Cranes Ltd.', 'A', 'bronze', 0,     '7500.00',  '7450.10',  0, '2014-07-07 07:07:07'),
  (10201, 'west',  'Closed Long Ago Inc.','I', NULL,     0,     '0.00',     '0.00',     1, '1998-02-14 10:00:00');
INSERT INTO ORD_HEAD (CUST_NO, STATE, TOTAL, PLACED_AT) VALUES
  (10017, 'S', '412.80',  '2024-02-01 09:30:00'),
  (10042, 'P', '96.00',   '2024-02-02 11:05:45'),
  (10108, 'N', '1830.25', '2024-02-02 15:12:09');
INSERT INTO STOCK VALUES
  ('w1', 'anchor-12kg',   'Anchor, galvanised, 12 kg', 40,  3,  'A-04'),
  ('w1', 'rope-10mm',     'Rope, polyester, 10 mm, m', 900, 55, 'A-11'),
  ('w2', 'olive-oil-5l',  'Olive oil, 5 l',            210, 20, 'C-01'),
  ('w2', 'crane-hook-2t', 'Crane hook, 2 t',           12,  0,  NULL);
