UPDATE `candidates` SET `proposer` = 'transfer' WHERE `proposer` = 'kin';--> statement-breakpoint
UPDATE `log` SET `entry` = replace(`entry`, '"proposer":"kin"', '"proposer":"transfer"') WHERE `entry` LIKE '%"proposer":"kin"%';--> statement-breakpoint
UPDATE `runs` SET `result` = replace(`result`, '"proposer":"kin"', '"proposer":"transfer"') WHERE `result` LIKE '%"proposer":"kin"%';
