-- read session
SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED;

-- read session
SET SESSION time_zone = '+00:00', autocommit = 1, sql_mode = 'ANSI_QUOTES';

-- read session
SET SESSION max_statement_time = 30;

-- read session
SET SESSION lc_messages = 'en_US';

-- read session
SET SESSION sql_select_limit = 18446744073709551615, sql_big_selects = 1;

-- write session
SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED;

-- write session
SET SESSION autocommit = 1, sql_mode = 'ANSI_QUOTES,STRICT_TRANS_TABLES';

-- write session
SET SESSION innodb_lock_wait_timeout = 2, lock_wait_timeout = 3;

-- write session
SET SESSION max_statement_time = 10;

-- write session
SET SESSION lc_messages = 'en_US';

-- write session
SET SESSION sql_select_limit = 18446744073709551615, sql_big_selects = 1;

