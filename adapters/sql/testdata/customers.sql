-- first chunk
SELECT `cust_no`, `CUST_NM`, `email`, `city`, `rating`, `score`, `kind`, `region`, `since`, `total` FROM `CUST_MASTER` WHERE `is_deleted` IN (?) ORDER BY `cust_no` LIMIT ?;

-- next chunk
SELECT `cust_no`, `CUST_NM`, `email`, `city`, `rating`, `score`, `kind`, `region`, `since`, `total` FROM `CUST_MASTER` WHERE `is_deleted` IN (?) AND `cust_no` > ? ORDER BY `cust_no` LIMIT ?;

-- get
SELECT `cust_no`, `CUST_NM`, `email`, `city`, `rating`, `score`, `kind`, `region`, `since`, `total` FROM `CUST_MASTER` WHERE `cust_no` = ? AND `is_deleted` IN (?);

-- lock before a write
SELECT `cust_no`, `CUST_NM`, `email`, `city`, `rating`, `score`, `kind`, `region`, UNIX_TIMESTAMP(`since`), `total` FROM `CUST_MASTER` WHERE `cust_no` = ? AND `is_deleted` IN (?) FOR UPDATE;

-- read back
SELECT `cust_no`, `CUST_NM`, `email`, `city`, `rating`, `score`, `kind`, `region`, UNIX_TIMESTAMP(`since`), `total` FROM `CUST_MASTER` WHERE `cust_no` = ? AND `is_deleted` IN (?);

-- who has the key
SELECT `cust_no` FROM `CUST_MASTER` WHERE `cust_no` = ?;

-- create
INSERT INTO `CUST_MASTER` (`CUST_NM`, `email`, `city`, `rating`, `score`, `kind`, `region`, `since`) VALUES (?, ?, ?, ?, ?, ?, ?, FROM_UNIXTIME(?));

-- update
UPDATE `CUST_MASTER` SET `CUST_NM` = ?, `email` = ?, `city` = ?, `rating` = ?, `score` = ?, `kind` = ?, `region` = ?, `since` = FROM_UNIXTIME(?) WHERE `cust_no` = ?;

-- delete
DELETE FROM `CUST_MASTER` WHERE `cust_no` = ?;

