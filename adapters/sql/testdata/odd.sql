-- first chunk
SELECT `order`, `2fa`, `a b`, `x`, `z` FROM `odd ``name` WHERE `order` IN (?, ?) AND `y` IN (?) ORDER BY `2fa`, `order`, `a b` LIMIT ?;

-- next chunk
SELECT `order`, `2fa`, `a b`, `x`, `z` FROM `odd ``name` WHERE `order` IN (?, ?) AND `y` IN (?) AND `2fa` >= CAST(? AS DECIMAL(10,2)) AND (`2fa` > CAST(? AS DECIMAL(10,2)) OR (`2fa` = CAST(? AS DECIMAL(10,2)) AND (`order` > ? OR (`order` = ? AND (`a b` > ?))))) ORDER BY `2fa`, `order`, `a b` LIMIT ?;

-- get
SELECT `order`, `2fa`, `a b`, `x`, `z` FROM `odd ``name` WHERE `order` = ? AND `2fa` = CAST(? AS DECIMAL(10,2)) AND `a b` = ? AND `order` IN (?, ?) AND `y` IN (?);

-- lock before a write
SELECT `order`, `2fa`, `a b`, `x`, UNIX_TIMESTAMP(`z`) FROM `odd ``name` WHERE `order` = ? AND `2fa` = CAST(? AS DECIMAL(10,2)) AND `a b` = ? AND `order` IN (?, ?) AND `y` IN (?) FOR UPDATE;

-- read back
SELECT `order`, `2fa`, `a b`, `x`, UNIX_TIMESTAMP(`z`) FROM `odd ``name` WHERE `order` = ? AND `2fa` = CAST(? AS DECIMAL(10,2)) AND `a b` = ? AND `order` IN (?, ?) AND `y` IN (?);

-- who has the key
SELECT `order`, `2fa`, `a b` FROM `odd ``name` WHERE `order` = ? AND `2fa` = CAST(? AS DECIMAL(10,2)) AND `a b` = ?;

-- create
INSERT INTO `odd ``name` (`x`, `z`) VALUES (?, FROM_UNIXTIME(?));

-- update
UPDATE `odd ``name` SET `x` = ?, `z` = FROM_UNIXTIME(?) WHERE `order` = ? AND `2fa` = CAST(? AS DECIMAL(10,2)) AND `a b` = ?;

-- delete
DELETE FROM `odd ``name` WHERE `order` = ? AND `2fa` = CAST(? AS DECIMAL(10,2)) AND `a b` = ?;

