internal import OasisCrypto
internal import OasisTypes

let beaconTypes: [String: TypeCheck] = [
  "beacon.EpochTime": wireType(Epoch.self), "beacon.EpochTimeState": wireType(EpochTimeState.self),
  "beacon.VRFProve": wireType(VRFProve.self), "beacon.VRFState": wireType(VRFState.self),
  "beacon.PrevVRFState": wireType(PreviousVRFState.self), "beacon.VRFParameters": wireType(VRFParameters.self),
  "beacon.InsecureParameters": wireType(InsecureBeaconParameters.self), "beacon.Genesis": wireType(BeaconGenesis.self),
  "beacon.ConsensusParameters": wireType(BeaconParameters.self), "beacon.EpochEvent": wireType(EpochEvent.self),
  "beacon.BeaconEvent": wireType(BeaconEvent.self), "beacon.VRFEvent": wireType(VRFEvent.self),
]

let schedulerTypes: [String: TypeCheck] = [
  "scheduler.CommitteeNode": wireType(CommitteeNode.self), "scheduler.Committee": wireType(Committee.self),
  "scheduler.Validator": wireType(Validator.self), "scheduler.ValidatorSet": wireType([PublicKey: Validator]?.self),
  "scheduler.Genesis": wireType(SchedulerGenesis.self), "scheduler.ConsensusParameters": wireType(SchedulerParameters.self),
  "scheduler.ConsensusParameterChanges": wireType(SchedulerParameterChanges.self),
  "scheduler.ForceElectCommitteeRole": wireType(ForcedElection.self), "scheduler.ElectedEvent": wireType(ElectedEvent.self),
  "scheduler.GetCommitteesRequest": wireType(CommitteesRequest.self),
]
