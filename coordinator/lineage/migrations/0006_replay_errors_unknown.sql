-- A recording says nothing of errors; earlier versions stored a perfect 0 for "not known".
UPDATE `measurements` SET `error` = NULL WHERE `candidate` IN (
	SELECT `candidates`.`id` FROM `candidates` JOIN `runs` ON `runs`.`id` = `candidates`.`run` WHERE `runs`.`backend` = 'replay'
);
